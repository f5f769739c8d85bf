WITH "t3" AS (
  SELECT
    "t0"."customer_id",
    "t0"."ordered_at",
    COALESCE((
      "t0"."amount" >= 0
    ) AND NOT (
      COALESCE("t0"."is_refund", FALSE)
    ), FALSE) AS "is_activity",
    "t0"."amount",
    DATE_DIFF('DAY', MAKE_DATE(1970, 1, 1), CAST("t0"."ordered_at" AS DATE)) AS "day",
    CAST(FLOOR(
      CAST((
        (
          CAST(EXTRACT(year FROM "t0"."ordered_at") AS BIGINT) * 12
        ) + EXTRACT(month FROM "t0"."ordered_at")
      ) - 1 AS DOUBLE) / NULLIF(3.0, 0)
    ) AS BIGINT) AS "period",
    'all' AS "segment"
  FROM "orders" AS "t0"
  WHERE
    "t0"."customer_id" IS NOT NULL
    AND "t0"."ordered_at" IS NOT NULL
    AND "t0"."ordered_at" < MAKE_TIMESTAMP(2024, 6, 11, 0, 0, 0.0)
), "t6" AS (
  SELECT
    *
  FROM "t3" AS "t4"
  WHERE
    "t4"."is_activity"
), "t12" AS (
  SELECT
    DATE_DIFF('DAY', MAKE_DATE(1970, 1, 1), MAKE_DATE(2024, 6, 11)) AS "end",
    CAST(FLOOR(
      CAST((
        (
          CAST(EXTRACT(year FROM "t2"."oldest") AS BIGINT) * 12
        ) + EXTRACT(month FROM "t2"."oldest")
      ) - 1 AS DOUBLE) / NULLIF(3.0, 0)
    ) AS BIGINT) AS "first",
    CAST(FLOOR(
      CAST((
        (
          CAST(EXTRACT(year FROM MAKE_DATE(2024, 6, 11) - INTERVAL '1' DAY) AS BIGINT) * 12
        ) + EXTRACT(month FROM MAKE_DATE(2024, 6, 11) - INTERVAL '1' DAY)
      ) - 1 AS DOUBLE) / NULLIF(3.0, 0)
    ) AS BIGINT) AS "last"
  FROM (
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
  ) AS "t2"
), "t15" AS (
  SELECT
    "t14"."customer_id",
    MIN("t14"."day") AS "first_day",
    MIN("t14"."period") AS "period",
    MIN("t14"."segment") AS "segment"
  FROM (
    SELECT
      "t11"."customer_id",
      "t11"."ordered_at",
      "t9"."is_activity",
      "t9"."amount",
      "t9"."day",
      "t9"."period",
      "t9"."segment"
    FROM (
      SELECT
        "t8"."customer_id",
        MIN("t8"."ordered_at") AS "ordered_at"
      FROM "t6" AS "t8"
      GROUP BY
        1
    ) AS "t11"
    INNER JOIN "t6" AS "t9"
      ON "t11"."customer_id" = "t9"."customer_id"
      AND "t11"."ordered_at" = "t9"."ordered_at"
  ) AS "t14"
  GROUP BY
    1
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
          ) + 0
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
          ) + 0
        ) > "t23"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t37"."numerator", 0)
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
          ) + 0
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
          ) + 0
        ) > "t23"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t37"."denominator", 0)
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
          ) + 0
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
          ) + 0
        ) > "t23"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t37"."n", 0)
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
          ) + 0
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
          ) + 0
        ) > "t23"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t37"."sum_xx", 0)
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
          ) + 0
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
          ) + 0
        ) > "t23"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t37"."sum_yy", 0)
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
          ) + 0
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
          ) + 0
        ) > "t23"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t37"."sum_xy", 0)
      ELSE CAST(NULL AS DOUBLE)
    END AS "sum_xy",
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
        ) + 0
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
        ) + 0
      ) > "t23"."end"
      THEN 'partial'
      ELSE 'complete'
    END AS "status"
  FROM (
    SELECT
      "t16"."end",
      "t16"."first",
      "t16"."last",
      "t16"."period",
      'all' AS "segment"
    FROM (
      SELECT
        "t13"."end",
        "t13"."first",
        "t13"."last",
        UNNEST(RANGE("t13"."first" + 0, "t13"."last" + 1, 1)) AS "period"
      FROM "t12" AS "t13"
    ) AS "t16"
  ) AS "t23"
  LEFT OUTER JOIN (
    SELECT
      "t35"."period",
      "t35"."segment",
      SUM("t35"."x") AS "numerator",
      SUM("t35"."y") AS "denominator",
      COUNT(*) AS "n",
      SUM("t35"."x" * "t35"."x") AS "sum_xx",
      SUM("t35"."y" * "t35"."y") AS "sum_yy",
      SUM("t35"."x" * "t35"."y") AS "sum_xy"
    FROM (
      SELECT
        "t34"."customer_id",
        "t34"."period",
        "t34"."segment",
        CAST("t34"."x" AS DOUBLE) AS "x",
        "t34"."y"
      FROM (
        SELECT
          "t33"."customer_id",
          "t33"."period",
          "t33"."segment",
          COALESCE("t30"."x", 0) AS "x",
          CAST("t33"."exposure" AS DOUBLE) / NULLIF(365.25, 0) AS "y"
        FROM (
          SELECT
            *
          FROM (
            SELECT
              "t26"."customer_id",
              "t26"."first_day",
              "t26"."segment",
              "t26"."end",
              "t26"."first",
              "t26"."last",
              "t26"."period",
              (
                LEAST(
                  DATE_DIFF(
                    'DAY',
                    MAKE_DATE(1970, 1, 1),
                    MAKE_DATE(
                      CAST(CAST(FLOOR(CAST((
                        "t26"."period" + 1
                      ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
                      CAST((
                        (
                          (
                            "t26"."period" + 1
                          ) * 3
                        ) - (
                          CAST(CAST(FLOOR(CAST((
                            "t26"."period" + 1
                          ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                        )
                      ) + 1 AS INT),
                      1
                    )
                  ),
                  "t26"."end"
                ) - 1
              ) - GREATEST(
                "t26"."first_day",
                DATE_DIFF(
                  'DAY',
                  MAKE_DATE(1970, 1, 1),
                  MAKE_DATE(
                    CAST(CAST(FLOOR(CAST((
                      "t26"."period" + 0
                    ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
                    CAST((
                      (
                        (
                          "t26"."period" + 0
                        ) * 3
                      ) - (
                        CAST(CAST(FLOOR(CAST((
                          "t26"."period" + 0
                        ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                      )
                    ) + 1 AS INT),
                    1
                  )
                ) - 1
              ) AS "exposure"
            FROM (
              SELECT
                "t25"."customer_id",
                "t25"."first_day",
                "t25"."segment",
                "t19"."end",
                "t19"."first",
                "t19"."last",
                "t19"."period"
              FROM (
                SELECT
                  "t18"."customer_id",
                  "t18"."first_day",
                  "t18"."segment"
                FROM "t15" AS "t18"
              ) AS "t25"
              CROSS JOIN (
                SELECT
                  "t13"."end",
                  "t13"."first",
                  "t13"."last",
                  UNNEST(RANGE("t13"."first", "t13"."last" + 1, 1)) AS "period"
                FROM "t12" AS "t13"
              ) AS "t19"
            ) AS "t26"
          ) AS "t31"
          WHERE
            "t31"."exposure" > 0
        ) AS "t33"
        LEFT OUTER JOIN (
          SELECT
            "t28"."customer_id",
            "t28"."period",
            COUNT(*) AS "x"
          FROM (
            SELECT
              *
            FROM (
              SELECT
                "t7"."customer_id",
                "t7"."day",
                "t7"."period",
                "t24"."first_day"
              FROM (
                SELECT DISTINCT
                  "t4"."customer_id",
                  "t4"."day",
                  "t4"."period"
                FROM "t3" AS "t4"
                WHERE
                  "t4"."is_activity"
              ) AS "t7"
              INNER JOIN (
                SELECT
                  "t18"."customer_id",
                  "t18"."first_day"
                FROM "t15" AS "t18"
              ) AS "t24"
                ON "t7"."customer_id" = "t24"."customer_id"
            ) AS "t27"
            WHERE
              "t27"."day" > "t27"."first_day"
          ) AS "t28"
          GROUP BY
            1,
            2
        ) AS "t30"
          ON "t33"."customer_id" = "t30"."customer_id" AND "t33"."period" = "t30"."period"
      ) AS "t34"
    ) AS "t35"
    GROUP BY
      1,
      2
  ) AS "t37"
    ON "t23"."period" = "t37"."period" AND "t23"."segment" = "t37"."segment"
) AS "t38"
ORDER BY
  "t38"."period" ASC,
  "t38"."segment" ASC
