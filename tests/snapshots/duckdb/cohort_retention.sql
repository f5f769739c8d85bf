WITH "t3" AS (
  SELECT
    "t2"."customer_id",
    "t2"."period",
    COUNT(*) AS "n"
  FROM (
    SELECT
      "t1"."customer_id",
      "t1"."ordered_at",
      "t1"."amount",
      "t1"."is_activity",
      'all customers' AS "segment",
      CAST(FLOOR(
        CAST((
          (
            CAST(EXTRACT(year FROM "t1"."ordered_at") AS BIGINT) * 12
          ) + EXTRACT(month FROM "t1"."ordered_at")
        ) - 1 AS DOUBLE) / NULLIF(3.0, 0)
      ) AS BIGINT) AS "period"
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
    WHERE
      "t1"."is_activity"
  ) AS "t2"
  GROUP BY
    1,
    2
), "t6" AS (
  SELECT
    "t4"."customer_id",
    MIN("t4"."period") AS "cohort"
  FROM "t3" AS "t4"
  GROUP BY
    1
), "t11" AS (
  SELECT
    "t8"."customer_id",
    "t8"."cohort",
    'all customers' AS "segment"
  FROM "t6" AS "t8"
)
SELECT
  *
FROM (
  SELECT
    MAKE_DATE(
      CAST(CAST(FLOOR(CAST("t26"."cohort" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
      CAST((
        (
          "t26"."cohort" * 3
        ) - (
          CAST(CAST(FLOOR(CAST("t26"."cohort" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
        )
      ) + 1 AS INT),
      1
    ) AS "cohort",
    "t26"."age",
    "t26"."cohort_size",
    CASE
      WHEN "t26"."status" <> 'not_yet_observed'
      THEN COALESCE("t26"."active", 0)
      ELSE CAST(NULL AS BIGINT)
    END AS "active",
    CAST(CASE
      WHEN "t26"."status" <> 'not_yet_observed'
      THEN COALESCE("t26"."active", 0)
      ELSE CAST(NULL AS BIGINT)
    END AS DOUBLE) / NULLIF(CAST("t26"."cohort_size" AS DOUBLE), 0) AS "retention",
    "t26"."status"
  FROM (
    SELECT
      "t10"."segment",
      "t25"."cohort",
      "t25"."age",
      COALESCE("t16"."cohort_size", 0) AS "cohort_size",
      CASE
        WHEN DATE_DIFF(
          'DAY',
          MAKE_DATE(1970, 1, 1),
          MAKE_DATE(
            CAST(CAST(FLOOR(CAST((
              "t25"."cohort" + "t25"."age"
            ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
            CAST((
              (
                (
                  "t25"."cohort" + "t25"."age"
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  "t25"."cohort" + "t25"."age"
                ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT),
            1
          )
        ) >= "t25"."end"
        THEN 'not_yet_observed'
        WHEN DATE_DIFF(
          'DAY',
          MAKE_DATE(1970, 1, 1),
          MAKE_DATE(
            CAST(CAST(FLOOR(CAST((
              "t25"."cohort" + "t25"."age" + 1 + 0
            ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
            CAST((
              (
                (
                  "t25"."cohort" + "t25"."age" + 1 + 0
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  "t25"."cohort" + "t25"."age" + 1 + 0
                ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT),
            1
          )
        ) > "t25"."end"
        THEN 'partial'
        ELSE 'complete'
      END AS "status",
      "t22"."segment" AS "segment_right",
      "t22"."cohort" AS "cohort_right",
      "t22"."age" AS "age_right",
      "t22"."active"
    FROM (
      SELECT
        *
      FROM (
        SELECT
          "t21"."first",
          "t21"."end",
          "t21"."last",
          "t21"."cohort",
          UNNEST(RANGE(0, (
            "t21"."last" - "t21"."first"
          ) + 1, 1)) AS "age"
        FROM (
          SELECT
            "t17"."first",
            "t17"."end",
            "t17"."last",
            UNNEST(RANGE("t17"."first", "t17"."last" + 1, 1)) AS "cohort"
          FROM (
            SELECT
              "t15"."first",
              DATE_DIFF('DAY', MAKE_DATE(1970, 1, 1), MAKE_DATE(2024, 6, 11)) AS "end",
              CAST(FLOOR(
                CAST((
                  (
                    CAST(EXTRACT(year FROM MAKE_DATE(2024, 6, 11) - INTERVAL '1' DAY) AS BIGINT) * 12
                  ) + EXTRACT(month FROM MAKE_DATE(2024, 6, 11) - INTERVAL '1' DAY)
                ) - 1 AS DOUBLE) / NULLIF(3.0, 0)
              ) AS BIGINT) AS "last"
            FROM (
              SELECT
                MIN("t12"."cohort") AS "first"
              FROM "t11" AS "t12"
            ) AS "t15"
          ) AS "t17"
        ) AS "t21"
      ) AS "t23"
    ) AS "t25"
    CROSS JOIN (
      SELECT DISTINCT
        'all customers' AS "segment"
      FROM "t6" AS "t8"
    ) AS "t10"
    LEFT OUTER JOIN (
      SELECT
        "t12"."segment",
        "t12"."cohort",
        COUNT(*) AS "cohort_size"
      FROM "t11" AS "t12"
      GROUP BY
        1,
        2
    ) AS "t16"
      ON "t10"."segment" = "t16"."segment" AND "t25"."cohort" = "t16"."cohort"
    LEFT OUTER JOIN (
      SELECT
        "t19"."segment",
        "t19"."cohort",
        "t19"."age",
        COUNT(*) AS "active"
      FROM (
        SELECT
          "t18"."segment",
          "t18"."cohort",
          "t18"."customer_id",
          "t18"."age"
        FROM (
          SELECT
            "t13"."segment",
            "t13"."cohort",
            "t13"."customer_id",
            "t7"."n",
            "t7"."period" - "t13"."cohort" AS "age"
          FROM "t11" AS "t13"
          INNER JOIN (
            SELECT
              "t4"."customer_id" AS "later_customer",
              "t4"."period",
              "t4"."n"
            FROM "t3" AS "t4"
          ) AS "t7"
            ON "t13"."customer_id" = "t7"."later_customer" AND "t7"."period" >= "t13"."cohort"
        ) AS "t18"
      ) AS "t19"
      GROUP BY
        1,
        2,
        3
    ) AS "t22"
      ON "t10"."segment" = "t22"."segment"
      AND "t25"."cohort" = "t22"."cohort"
      AND "t25"."age" = "t22"."age"
  ) AS "t26"
) AS "t27"
ORDER BY
  "t27"."cohort" ASC,
  "t27"."age" ASC
