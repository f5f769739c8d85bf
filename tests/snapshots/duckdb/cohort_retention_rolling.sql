WITH "t2" AS (
  SELECT
    "t1"."customer_id",
    "t1"."ordered_at",
    "t1"."amount",
    "t1"."is_activity",
    COALESCE("t1"."channel", 'unknown') AS "segment",
    CAST(EXTRACT(year FROM "t1"."ordered_at") AS BIGINT) AS "period"
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
), "t11" AS (
  SELECT
    "t10"."customer_id",
    "t10"."entered",
    MIN("t10"."segment") AS "segment",
    MIN("t10"."period") AS "cohort"
  FROM (
    SELECT
      "t7"."customer_id",
      "t7"."entered",
      "t4"."ordered_at",
      "t4"."amount",
      "t4"."is_activity",
      "t4"."segment",
      "t4"."period"
    FROM (
      SELECT
        "t3"."customer_id",
        MIN("t3"."ordered_at") AS "entered"
      FROM "t2" AS "t3"
      GROUP BY
        1
    ) AS "t7"
    INNER JOIN "t2" AS "t4"
      ON "t7"."customer_id" = "t4"."customer_id" AND "t7"."entered" = "t4"."ordered_at"
  ) AS "t10"
  GROUP BY
    1,
    2
)
SELECT
  *
FROM (
  SELECT
    "t31"."segment" AS "channel",
    MAKE_DATE(
      CAST(CAST(FLOOR(CAST("t31"."cohort" * 12 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
      CAST((
        (
          "t31"."cohort" * 12
        ) - (
          CAST(CAST(FLOOR(CAST("t31"."cohort" * 12 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
        )
      ) + 1 AS INT),
      1
    ) AS "cohort",
    "t31"."age",
    "t31"."cohort_size",
    CASE
      WHEN "t31"."status" <> 'not_yet_observed'
      THEN "t31"."active"
      ELSE CAST(NULL AS BIGINT)
    END AS "active",
    CAST(CASE
      WHEN "t31"."status" <> 'not_yet_observed'
      THEN "t31"."active"
      ELSE CAST(NULL AS BIGINT)
    END AS DOUBLE) / NULLIF(CAST("t31"."cohort_size" AS DOUBLE), 0) AS "retention",
    "t31"."status"
  FROM (
    SELECT
      "t30"."segment",
      "t30"."cohort",
      "t30"."age",
      "t30"."cohort_size",
      "t30"."status",
      "t30"."segment_right",
      "t30"."cohort_right",
      "t30"."age_right",
      CAST(SUM(CAST("t30"."active" AS DOUBLE)) OVER (
        PARTITION BY "t30"."segment", "t30"."cohort"
        ORDER BY "t30"."age" DESC
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
      ) AS BIGINT) AS "active"
    FROM (
      SELECT
        "t29"."segment",
        "t29"."cohort",
        "t29"."age",
        "t29"."cohort_size",
        "t29"."status",
        "t29"."segment_right",
        "t29"."cohort_right",
        "t29"."age_right",
        COALESCE("t29"."active", 0) AS "active"
      FROM (
        SELECT
          "t16"."segment",
          "t28"."cohort",
          "t28"."age",
          COALESCE("t18"."cohort_size", 0) AS "cohort_size",
          CASE
            WHEN DATE_DIFF(
              'DAY',
              MAKE_DATE(1970, 1, 1),
              MAKE_DATE(
                CAST(CAST(FLOOR(CAST((
                  "t28"."cohort" + "t28"."age"
                ) * 12 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
                CAST((
                  (
                    (
                      "t28"."cohort" + "t28"."age"
                    ) * 12
                  ) - (
                    CAST(CAST(FLOOR(CAST((
                      "t28"."cohort" + "t28"."age"
                    ) * 12 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                  )
                ) + 1 AS INT),
                1
              )
            ) >= "t28"."end"
            THEN 'not_yet_observed'
            WHEN DATE_DIFF(
              'DAY',
              MAKE_DATE(1970, 1, 1),
              MAKE_DATE(
                CAST(CAST(FLOOR(
                  CAST((
                    "t28"."cohort" + "t28"."age" + 1 + 0
                  ) * 12 AS DOUBLE) / NULLIF(12.0, 0)
                ) AS BIGINT) AS INT),
                CAST((
                  (
                    (
                      "t28"."cohort" + "t28"."age" + 1 + 0
                    ) * 12
                  ) - (
                    CAST(CAST(FLOOR(
                      CAST((
                        "t28"."cohort" + "t28"."age" + 1 + 0
                      ) * 12 AS DOUBLE) / NULLIF(12.0, 0)
                    ) AS BIGINT) AS INT) * 12
                  )
                ) + 1 AS INT),
                1
              )
            ) > "t28"."end"
            THEN 'partial'
            ELSE 'complete'
          END AS "status",
          "t25"."segment" AS "segment_right",
          "t25"."cohort" AS "cohort_right",
          "t25"."age" AS "age_right",
          "t25"."active"
        FROM (
          SELECT
            *
          FROM (
            SELECT
              "t22"."first",
              "t22"."end",
              "t22"."last",
              "t22"."cohort",
              UNNEST(RANGE(0, (
                "t22"."last" - "t22"."first"
              ) + 1, 1)) AS "age"
            FROM (
              SELECT
                "t19"."first",
                "t19"."end",
                "t19"."last",
                UNNEST(RANGE("t19"."first", "t19"."last" + 1, 1)) AS "cohort"
              FROM (
                SELECT
                  "t17"."first",
                  DATE_DIFF('DAY', MAKE_DATE(1970, 1, 1), MAKE_DATE(2024, 6, 11)) AS "end",
                  CAST(EXTRACT(year FROM MAKE_DATE(2024, 6, 11) - INTERVAL '1' DAY) AS BIGINT) AS "last"
                FROM (
                  SELECT
                    MIN("t12"."cohort") AS "first"
                  FROM "t11" AS "t12"
                ) AS "t17"
              ) AS "t19"
            ) AS "t22"
          ) AS "t26"
        ) AS "t28"
        CROSS JOIN (
          SELECT DISTINCT
            "t12"."segment"
          FROM "t11" AS "t12"
        ) AS "t16"
        LEFT OUTER JOIN (
          SELECT
            "t12"."segment",
            "t12"."cohort",
            COUNT(*) AS "cohort_size"
          FROM "t11" AS "t12"
          GROUP BY
            1,
            2
        ) AS "t18"
          ON "t16"."segment" = "t18"."segment" AND "t28"."cohort" = "t18"."cohort"
        LEFT OUTER JOIN (
          SELECT
            "t23"."segment",
            "t23"."cohort",
            "t23"."age",
            COUNT(*) AS "active"
          FROM (
            SELECT
              "t21"."segment",
              "t21"."cohort",
              "t21"."customer_id",
              MAX("t21"."age") AS "age"
            FROM (
              SELECT
                "t20"."segment",
                "t20"."cohort",
                "t20"."customer_id",
                "t20"."age"
              FROM (
                SELECT
                  "t13"."segment",
                  "t13"."cohort",
                  "t13"."customer_id",
                  "t9"."n",
                  "t9"."period" - "t13"."cohort" AS "age"
                FROM "t11" AS "t13"
                INNER JOIN (
                  SELECT
                    "t5"."customer_id" AS "later_customer",
                    "t5"."period",
                    "t5"."n"
                  FROM (
                    SELECT
                      "t3"."customer_id",
                      "t3"."period",
                      COUNT(*) AS "n"
                    FROM "t2" AS "t3"
                    GROUP BY
                      1,
                      2
                  ) AS "t5"
                ) AS "t9"
                  ON "t13"."customer_id" = "t9"."later_customer" AND "t9"."period" >= "t13"."cohort"
              ) AS "t20"
            ) AS "t21"
            GROUP BY
              1,
              2,
              3
          ) AS "t23"
          GROUP BY
            1,
            2,
            3
        ) AS "t25"
          ON "t16"."segment" = "t25"."segment"
          AND "t28"."cohort" = "t25"."cohort"
          AND "t28"."age" = "t25"."age"
      ) AS "t29"
    ) AS "t30"
  ) AS "t31"
) AS "t32"
ORDER BY
  "t32"."channel" ASC,
  "t32"."cohort" ASC,
  "t32"."age" ASC
