WITH "t5" AS (
  SELECT
    "t4"."customer_id",
    "t4"."period",
    "t4"."segment",
    COUNT(*) AS "x",
    1 AS "y"
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
        "t0"."amount",
        DATE_DIFF('DAY', MAKE_DATE(1970, 1, 1), CAST("t0"."ordered_at" AS DATE)) AS "day",
        CAST(FLOOR(
          CAST((
            (
              CAST(EXTRACT(year FROM "t0"."ordered_at") AS BIGINT) * 12
            ) + EXTRACT(month FROM "t0"."ordered_at")
          ) - 1 AS DOUBLE) / NULLIF(3.0, 0)
        ) AS BIGINT) AS "period",
        COALESCE("t0"."channel", 'unknown') AS "segment"
      FROM "orders" AS "t0"
      WHERE
        "t0"."customer_id" IS NOT NULL
        AND "t0"."ordered_at" IS NOT NULL
        AND "t0"."ordered_at" < MAKE_TIMESTAMP(2024, 6, 11, 0, 0, 0.0)
    ) AS "t3"
    WHERE
      "t3"."is_activity"
  ) AS "t4"
  GROUP BY
    1,
    2,
    3
)
SELECT
  *
FROM (
  SELECT
    MAKE_DATE(
      CAST(CAST(FLOOR(CAST("t14"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
      CAST((
        (
          "t14"."period" * 3
        ) - (
          CAST(CAST(FLOOR(CAST("t14"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
        )
      ) + 1 AS INT),
      1
    ) AS "period",
    "t8"."segment",
    CASE
      WHEN CASE
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST("t14"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  "t14"."period" * 3
                ) - (
                  CAST(CAST(FLOOR(CAST("t14"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= "t14"."end"
        THEN 'not_yet_observed'
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                "t14"."period" + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    "t14"."period" + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    "t14"."period" + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > "t14"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t12"."numerator", 0)
      ELSE CAST(NULL AS DOUBLE)
    END AS "numerator",
    CAST(NULL AS DOUBLE) AS "denominator",
    CASE
      WHEN CASE
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST("t14"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  "t14"."period" * 3
                ) - (
                  CAST(CAST(FLOOR(CAST("t14"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= "t14"."end"
        THEN 'not_yet_observed'
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                "t14"."period" + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    "t14"."period" + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    "t14"."period" + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > "t14"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t12"."n", 0)
      ELSE CAST(NULL AS BIGINT)
    END AS "n",
    CASE
      WHEN CASE
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST("t14"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  "t14"."period" * 3
                ) - (
                  CAST(CAST(FLOOR(CAST("t14"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= "t14"."end"
        THEN 'not_yet_observed'
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                "t14"."period" + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    "t14"."period" + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    "t14"."period" + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > "t14"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t12"."sum_xx", 0)
      ELSE CAST(NULL AS DOUBLE)
    END AS "sum_xx",
    CASE
      WHEN CASE
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST("t14"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  "t14"."period" * 3
                ) - (
                  CAST(CAST(FLOOR(CAST("t14"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= "t14"."end"
        THEN 'not_yet_observed'
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                "t14"."period" + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    "t14"."period" + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    "t14"."period" + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > "t14"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t12"."sum_yy", 0)
      ELSE CAST(NULL AS DOUBLE)
    END AS "sum_yy",
    CASE
      WHEN CASE
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST("t14"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  "t14"."period" * 3
                ) - (
                  CAST(CAST(FLOOR(CAST("t14"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= "t14"."end"
        THEN 'not_yet_observed'
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                "t14"."period" + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    "t14"."period" + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    "t14"."period" + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > "t14"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t12"."sum_xy", 0)
      ELSE CAST(NULL AS DOUBLE)
    END AS "sum_xy",
    CASE
      WHEN (
        DATE_DIFF(
          'DAY',
          MAKE_DATE(1970, 1, 1),
          MAKE_DATE(
            CAST(CAST(FLOOR(CAST("t14"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
            CAST((
              (
                "t14"."period" * 3
              ) - (
                CAST(CAST(FLOOR(CAST("t14"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT),
            1
          )
        ) + 0
      ) >= "t14"."end"
      THEN 'not_yet_observed'
      WHEN (
        DATE_DIFF(
          'DAY',
          MAKE_DATE(1970, 1, 1),
          MAKE_DATE(
            CAST(CAST(FLOOR(CAST((
              "t14"."period" + 1
            ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
            CAST((
              (
                (
                  "t14"."period" + 1
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  "t14"."period" + 1
                ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT),
            1
          )
        ) + 0
      ) > "t14"."end"
      THEN 'partial'
      ELSE 'complete'
    END AS "status"
  FROM (
    SELECT
      "t10"."end",
      "t10"."first",
      "t10"."last",
      UNNEST(RANGE("t10"."first" + 0, "t10"."last" + 1, 1)) AS "period"
    FROM (
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
    ) AS "t10"
  ) AS "t14"
  CROSS JOIN (
    SELECT DISTINCT
      "t6"."segment"
    FROM "t5" AS "t6"
  ) AS "t8"
  LEFT OUTER JOIN (
    SELECT
      "t9"."period",
      "t9"."segment",
      SUM("t9"."x") AS "numerator",
      SUM("t9"."y") AS "denominator",
      COUNT(*) AS "n",
      SUM("t9"."x" * "t9"."x") AS "sum_xx",
      SUM("t9"."y" * "t9"."y") AS "sum_yy",
      SUM("t9"."x" * "t9"."y") AS "sum_xy"
    FROM (
      SELECT
        "t6"."customer_id",
        "t6"."period",
        "t6"."segment",
        CAST("t6"."x" AS DOUBLE) AS "x",
        CAST("t6"."y" AS DOUBLE) AS "y"
      FROM "t5" AS "t6"
    ) AS "t9"
    GROUP BY
      1,
      2
  ) AS "t12"
    ON "t14"."period" = "t12"."period" AND "t8"."segment" = "t12"."segment"
) AS "t15"
ORDER BY
  "t15"."period" ASC,
  "t15"."segment" ASC
