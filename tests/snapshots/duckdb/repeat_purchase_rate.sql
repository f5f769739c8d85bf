WITH "t4" AS (
  SELECT
    MIN("t1"."ordered_at") AS "oldest"
  FROM (
    SELECT
      "t0"."customer_id",
      "t0"."ordered_at",
      "t0"."amount",
      "t0"."channel",
      "t0"."is_refund",
      COALESCE((
        "t0"."amount" >= 0
      ) AND NOT (
        COALESCE("t0"."is_refund", FALSE)
      ), FALSE) AS "is_activity"
    FROM "orders" AS "t0"
    WHERE
      "t0"."customer_id" IS NOT NULL
      AND "t0"."ordered_at" IS NOT NULL
      AND "t0"."ordered_at" < MAKE_TIMESTAMP(2024, 6, 11, 0, 0, 0.0)
  ) AS "t1"
), "t10" AS (
  SELECT
    "t6"."customer_id",
    "t6"."period",
    "t6"."segment",
    SUM("t6"."amount") AS "amount",
    SUM(CAST(CASE WHEN "t6"."is_activity" THEN 1 ELSE 0 END AS BIGINT)) AS "orders",
    MIN("t6"."ordered_at") FILTER(WHERE
      "t6"."is_activity") AS "first_at",
    MAX("t6"."ordered_at") FILTER(WHERE
      "t6"."is_activity") AS "last_at"
  FROM (
    SELECT
      "t0"."customer_id",
      "t0"."ordered_at",
      COALESCE((
        "t0"."amount" >= 0
      ) AND NOT (
        COALESCE("t0"."is_refund", FALSE)
      ), FALSE) AS "is_activity",
      DATE_DIFF('DAY', MAKE_DATE(1970, 1, 1), CAST("t0"."ordered_at" AS DATE)) AS "day",
      CAST(FLOOR(
        CAST((
          (
            CAST(EXTRACT(year FROM "t0"."ordered_at") AS BIGINT) * 12
          ) + EXTRACT(month FROM "t0"."ordered_at")
        ) - 1 AS DOUBLE) / NULLIF(3.0, 0)
      ) AS BIGINT) AS "period",
      'all' AS "segment",
      "t0"."amount"
    FROM "orders" AS "t0"
    WHERE
      "t0"."customer_id" IS NOT NULL
      AND "t0"."ordered_at" IS NOT NULL
      AND "t0"."ordered_at" < MAKE_TIMESTAMP(2024, 6, 11, 0, 0, 0.0)
  ) AS "t6"
  GROUP BY
    1,
    2,
    3
), "t16" AS (
  SELECT
    "t12"."customer_id",
    MIN("t12"."first_at") AS "first_at",
    MIN("t12"."segment") AS "segment",
    MAX("t12"."segment") AS "other"
  FROM (
    SELECT
      *
    FROM "t10" AS "t11"
    WHERE
      "t11"."orders" > 0
  ) AS "t12"
  GROUP BY
    1
), "t27" AS (
  SELECT
    "t18"."customer_id",
    COALESCE("t26"."began_in", "t18"."segment") AS "segment",
    "t18"."first_at"
  FROM "t16" AS "t18"
  LEFT OUTER JOIN (
    SELECT
      "t24"."customer_id",
      MIN("t24"."began_in") AS "began_in"
    FROM (
      SELECT
        "t21"."customer_id",
        "t21"."first_at",
        "t14"."began_in"
      FROM (
        SELECT
          "t17"."customer_id",
          "t17"."first_at"
        FROM "t16" AS "t17"
        WHERE
          "t17"."segment" <> "t17"."other"
      ) AS "t21"
      INNER JOIN (
        SELECT
          "t11"."customer_id",
          "t11"."first_at",
          "t11"."segment" AS "began_in"
        FROM "t10" AS "t11"
        WHERE
          "t11"."orders" > 0
      ) AS "t14"
        ON "t21"."customer_id" = "t14"."customer_id" AND "t21"."first_at" = "t14"."first_at"
    ) AS "t24"
    GROUP BY
      1
  ) AS "t26"
    ON "t18"."customer_id" = "t26"."customer_id"
)
SELECT
  *
FROM (
  SELECT
    MAKE_DATE(
      CAST(CAST(FLOOR(CAST("t23"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
      CAST((
        (
          "t23"."period" * 3
        ) - (
          CAST(CAST(FLOOR(CAST("t23"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
        )
      ) + 1 AS INT),
      1
    ) AS "period",
    "t23"."segment",
    CASE
      WHEN CASE
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST("t23"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  "t23"."period" * 3
                ) - (
                  CAST(CAST(FLOOR(CAST("t23"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 90
        ) >= "t23"."end"
        THEN 'not_yet_observed'
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                "t23"."period" + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    "t23"."period" + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    "t23"."period" + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 90
        ) > "t23"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t42"."numerator", 0)
      ELSE CAST(NULL AS DOUBLE)
    END AS "numerator",
    CASE
      WHEN CASE
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST("t23"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  "t23"."period" * 3
                ) - (
                  CAST(CAST(FLOOR(CAST("t23"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 90
        ) >= "t23"."end"
        THEN 'not_yet_observed'
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                "t23"."period" + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    "t23"."period" + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    "t23"."period" + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 90
        ) > "t23"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t42"."denominator", 0)
      ELSE CAST(NULL AS DOUBLE)
    END AS "denominator",
    CASE
      WHEN CASE
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST("t23"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  "t23"."period" * 3
                ) - (
                  CAST(CAST(FLOOR(CAST("t23"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 90
        ) >= "t23"."end"
        THEN 'not_yet_observed'
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                "t23"."period" + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    "t23"."period" + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    "t23"."period" + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 90
        ) > "t23"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t42"."n", 0)
      ELSE CAST(NULL AS BIGINT)
    END AS "n",
    CASE
      WHEN CASE
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST("t23"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  "t23"."period" * 3
                ) - (
                  CAST(CAST(FLOOR(CAST("t23"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 90
        ) >= "t23"."end"
        THEN 'not_yet_observed'
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                "t23"."period" + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    "t23"."period" + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    "t23"."period" + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 90
        ) > "t23"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t42"."sum_xx", 0)
      ELSE CAST(NULL AS DOUBLE)
    END AS "sum_xx",
    CASE
      WHEN CASE
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST("t23"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  "t23"."period" * 3
                ) - (
                  CAST(CAST(FLOOR(CAST("t23"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 90
        ) >= "t23"."end"
        THEN 'not_yet_observed'
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                "t23"."period" + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    "t23"."period" + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    "t23"."period" + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 90
        ) > "t23"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t42"."sum_yy", 0)
      ELSE CAST(NULL AS DOUBLE)
    END AS "sum_yy",
    CASE
      WHEN CASE
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST("t23"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  "t23"."period" * 3
                ) - (
                  CAST(CAST(FLOOR(CAST("t23"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 90
        ) >= "t23"."end"
        THEN 'not_yet_observed'
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                "t23"."period" + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    "t23"."period" + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    "t23"."period" + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 90
        ) > "t23"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t42"."sum_xy", 0)
      ELSE CAST(NULL AS DOUBLE)
    END AS "sum_xy",
    CASE
      WHEN CASE
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST("t23"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  "t23"."period" * 3
                ) - (
                  CAST(CAST(FLOOR(CAST("t23"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 90
        ) >= "t23"."end"
        THEN 'not_yet_observed'
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                "t23"."period" + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    "t23"."period" + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    "t23"."period" + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 90
        ) > "t23"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t42"."sum_ww", 0)
      ELSE CAST(NULL AS DOUBLE)
    END AS "sum_ww",
    CASE
      WHEN (
        DATE_DIFF(
          'DAY',
          MAKE_DATE(1970, 1, 1),
          MAKE_DATE(
            CAST(CAST(FLOOR(CAST("t23"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
            CAST((
              (
                "t23"."period" * 3
              ) - (
                CAST(CAST(FLOOR(CAST("t23"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT),
            1
          )
        ) + 90
      ) >= "t23"."end"
      THEN 'not_yet_observed'
      WHEN (
        DATE_DIFF(
          'DAY',
          MAKE_DATE(1970, 1, 1),
          MAKE_DATE(
            CAST(CAST(FLOOR(CAST((
              "t23"."period" + 1
            ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
            CAST((
              (
                (
                  "t23"."period" + 1
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  "t23"."period" + 1
                ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT),
            1
          )
        ) + 90
      ) > "t23"."end"
      THEN 'partial'
      ELSE 'complete'
    END AS "status"
  FROM (
    SELECT
      "t19"."end",
      "t19"."first",
      "t19"."last",
      "t19"."period",
      'all' AS "segment"
    FROM (
      SELECT
        "t15"."end",
        "t15"."first",
        "t15"."last",
        UNNEST(RANGE("t15"."first" + 0, "t15"."last" + 1, 1)) AS "period"
      FROM (
        SELECT
          DATE_DIFF('DAY', MAKE_DATE(1970, 1, 1), MAKE_DATE(2024, 6, 11)) AS "end",
          CAST(FLOOR(
            CAST((
              (
                CAST(EXTRACT(year FROM "t7"."oldest") AS BIGINT) * 12
              ) + EXTRACT(month FROM "t7"."oldest")
            ) - 1 AS DOUBLE) / NULLIF(3.0, 0)
          ) AS BIGINT) AS "first",
          CAST(FLOOR(
            CAST((
              (
                CAST(EXTRACT(year FROM MAKE_DATE(2024, 6, 11) - INTERVAL '1' DAY) AS BIGINT) * 12
              ) + EXTRACT(month FROM MAKE_DATE(2024, 6, 11) - INTERVAL '1' DAY)
            ) - 1 AS DOUBLE) / NULLIF(3.0, 0)
          ) AS BIGINT) AS "last"
        FROM "t4" AS "t7"
      ) AS "t15"
    ) AS "t19"
  ) AS "t23"
  LEFT OUTER JOIN (
    SELECT
      "t40"."period",
      "t40"."segment",
      SUM("t40"."x") AS "numerator",
      SUM("t40"."y") AS "denominator",
      COUNT(*) AS "n",
      SUM("t40"."x" * "t40"."x") AS "sum_xx",
      SUM("t40"."y" * "t40"."y") AS "sum_yy",
      SUM("t40"."x" * "t40"."y") AS "sum_xy",
      0.0 AS "sum_ww"
    FROM (
      SELECT
        "t39"."customer_id",
        "t39"."period",
        "t39"."segment",
        CAST("t39"."x" AS DOUBLE) AS "x",
        CAST("t39"."y" AS DOUBLE) AS "y"
      FROM (
        SELECT
          "t38"."customer_id",
          "t38"."period",
          "t38"."segment",
          CAST(CASE WHEN "t36"."customer_id" IS NOT NULL THEN 1 ELSE 0 END AS BIGINT) AS "x",
          1 AS "y"
        FROM (
          SELECT
            *
          FROM (
            SELECT
              "t33"."customer_id",
              "t33"."segment",
              "t33"."first_day",
              "t33"."period",
              "t9"."end"
            FROM (
              SELECT
                "t28"."customer_id",
                "t28"."segment",
                DATE_DIFF('DAY', MAKE_DATE(1970, 1, 1), CAST("t28"."first_at" AS DATE)) AS "first_day",
                CAST(FLOOR(
                  CAST((
                    (
                      CAST(EXTRACT(year FROM "t28"."first_at") AS BIGINT) * 12
                    ) + EXTRACT(month FROM "t28"."first_at")
                  ) - 1 AS DOUBLE) / NULLIF(3.0, 0)
                ) AS BIGINT) AS "period"
              FROM "t27" AS "t28"
            ) AS "t33"
            CROSS JOIN (
              SELECT
                DATE_DIFF('DAY', MAKE_DATE(1970, 1, 1), MAKE_DATE(2024, 6, 11)) AS "end"
              FROM "t4" AS "t7"
            ) AS "t9"
          ) AS "t35"
          WHERE
            (
              "t35"."first_day" + 90
            ) < "t35"."end"
        ) AS "t38"
        LEFT OUTER JOIN (
          SELECT DISTINCT
            "t31"."customer_id"
          FROM (
            SELECT
              "t5"."customer_id",
              "t5"."ordered_at",
              "t5"."is_activity",
              "t5"."day",
              "t5"."period",
              "t5"."segment",
              "t5"."amount",
              "t30"."first_day"
            FROM (
              SELECT
                *
              FROM (
                SELECT
                  "t0"."customer_id",
                  "t0"."ordered_at",
                  COALESCE((
                    "t0"."amount" >= 0
                  ) AND NOT (
                    COALESCE("t0"."is_refund", FALSE)
                  ), FALSE) AS "is_activity",
                  DATE_DIFF('DAY', MAKE_DATE(1970, 1, 1), CAST("t0"."ordered_at" AS DATE)) AS "day",
                  0 AS "period",
                  'all' AS "segment",
                  "t0"."amount"
                FROM "orders" AS "t0"
                WHERE
                  "t0"."customer_id" IS NOT NULL
                  AND "t0"."ordered_at" IS NOT NULL
                  AND "t0"."ordered_at" < MAKE_TIMESTAMP(2024, 6, 11, 0, 0, 0.0)
              ) AS "t2"
              WHERE
                "t2"."is_activity"
            ) AS "t5"
            INNER JOIN (
              SELECT
                "t28"."customer_id",
                DATE_DIFF('DAY', MAKE_DATE(1970, 1, 1), CAST("t28"."first_at" AS DATE)) AS "first_day"
              FROM "t27" AS "t28"
            ) AS "t30"
              ON "t5"."customer_id" = "t30"."customer_id"
          ) AS "t31"
          WHERE
            "t31"."day" > "t31"."first_day" AND "t31"."day" <= (
              "t31"."first_day" + 90
            )
        ) AS "t36"
          ON "t38"."customer_id" = "t36"."customer_id"
      ) AS "t39"
    ) AS "t40"
    GROUP BY
      1,
      2
  ) AS "t42"
    ON "t23"."period" = "t42"."period" AND "t23"."segment" = "t42"."segment"
) AS "t43"
ORDER BY
  "t43"."period" ASC,
  "t43"."segment" ASC
