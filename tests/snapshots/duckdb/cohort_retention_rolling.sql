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
      "t8"."customer_id",
      "t8"."entered",
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
    ) AS "t8"
    INNER JOIN "t2" AS "t4"
      ON "t8"."customer_id" = "t4"."customer_id" AND "t8"."entered" = "t4"."ordered_at"
  ) AS "t10"
  GROUP BY
    1,
    2
)
SELECT
  *
FROM (
  SELECT
    "t33"."segment" AS "channel",
    MAKE_DATE(
      CAST(CAST(FLOOR(CAST("t33"."cohort" * 12 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
      CAST((
        (
          "t33"."cohort" * 12
        ) - (
          CAST(CAST(FLOOR(CAST("t33"."cohort" * 12 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
        )
      ) + 1 AS INT),
      1
    ) AS "cohort",
    "t33"."age",
    "t33"."cohort_size",
    CASE
      WHEN "t33"."status" <> 'not_yet_observed'
      THEN "t33"."active"
      ELSE CAST(NULL AS BIGINT)
    END AS "active",
    CAST(CASE
      WHEN "t33"."status" <> 'not_yet_observed'
      THEN "t33"."active"
      ELSE CAST(NULL AS BIGINT)
    END AS DOUBLE) / NULLIF(CAST("t33"."cohort_size" AS DOUBLE), 0) AS "retention",
    "t33"."status"
  FROM (
    SELECT
      "t32"."segment",
      "t32"."cohort",
      "t32"."age",
      "t32"."cohort_size",
      "t32"."status",
      "t32"."segment_right",
      "t32"."cohort_right",
      "t32"."age_right",
      CAST(SUM(CAST("t32"."active" AS DOUBLE)) OVER (
        PARTITION BY "t32"."segment", "t32"."cohort"
        ORDER BY "t32"."age" DESC
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
      ) AS BIGINT) AS "active"
    FROM (
      SELECT
        "t31"."segment",
        "t31"."cohort",
        "t31"."age",
        "t31"."cohort_size",
        "t31"."status",
        "t31"."segment_right",
        "t31"."cohort_right",
        "t31"."age_right",
        COALESCE("t31"."active", 0) AS "active"
      FROM (
        SELECT
          "t16"."segment",
          "t27"."cohort",
          "t27"."age",
          COALESCE("t18"."cohort_size", 0) AS "cohort_size",
          CASE
            WHEN DATE_DIFF(
              'DAY',
              MAKE_DATE(1970, 1, 1),
              MAKE_DATE(
                CAST(CAST(FLOOR(CAST((
                  "t27"."cohort" + "t27"."age"
                ) * 12 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
                CAST((
                  (
                    (
                      "t27"."cohort" + "t27"."age"
                    ) * 12
                  ) - (
                    CAST(CAST(FLOOR(CAST((
                      "t27"."cohort" + "t27"."age"
                    ) * 12 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                  )
                ) + 1 AS INT),
                1
              )
            ) >= "t27"."end"
            THEN 'not_yet_observed'
            WHEN DATE_DIFF(
              'DAY',
              MAKE_DATE(1970, 1, 1),
              MAKE_DATE(
                CAST(CAST(FLOOR(
                  CAST((
                    "t27"."cohort" + "t27"."age" + 1 + 0
                  ) * 12 AS DOUBLE) / NULLIF(12.0, 0)
                ) AS BIGINT) AS INT),
                CAST((
                  (
                    (
                      "t27"."cohort" + "t27"."age" + 1 + 0
                    ) * 12
                  ) - (
                    CAST(CAST(FLOOR(
                      CAST((
                        "t27"."cohort" + "t27"."age" + 1 + 0
                      ) * 12 AS DOUBLE) / NULLIF(12.0, 0)
                    ) AS BIGINT) AS INT) * 12
                  )
                ) + 1 AS INT),
                1
              )
            ) > "t27"."end"
            THEN 'partial'
            ELSE 'complete'
          END AS "status",
          "t30"."segment" AS "segment_right",
          "t30"."cohort" AS "cohort_right",
          "t30"."age" AS "age_right",
          "t30"."active"
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
            ) AS "t21"
          ) AS "t24"
        ) AS "t27"
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
          ON "t16"."segment" = "t18"."segment" AND "t27"."cohort" = "t18"."cohort"
        LEFT OUTER JOIN (
          SELECT
            "t28"."segment",
            "t28"."cohort",
            "t28"."age",
            COUNT(*) AS "active"
          FROM (
            SELECT
              "t25"."segment",
              "t25"."cohort",
              "t25"."customer_id",
              MAX("t25"."age") AS "age"
            FROM (
              SELECT DISTINCT
                "t23"."segment",
                "t23"."cohort",
                "t23"."customer_id",
                "t23"."age"
              FROM (
                SELECT
                  "t22"."segment",
                  "t22"."cohort",
                  "t22"."customer_id",
                  "t22"."age",
                  COUNT(*) AS "n"
                FROM (
                  SELECT
                    "t20"."customer_id",
                    "t20"."entered",
                    "t20"."segment",
                    "t20"."cohort",
                    "t20"."later_customer",
                    "t20"."ordered_at",
                    "t20"."amount",
                    "t20"."is_activity",
                    "t20"."period",
                    GREATEST("t20"."period" - CAST(EXTRACT(year FROM "t20"."entered") AS BIGINT), 0) AS "age"
                  FROM (
                    SELECT
                      "t13"."customer_id",
                      "t13"."entered",
                      "t13"."segment",
                      "t13"."cohort",
                      "t9"."later_customer",
                      "t9"."ordered_at",
                      "t9"."amount",
                      "t9"."is_activity",
                      "t9"."period"
                    FROM "t11" AS "t13"
                    INNER JOIN (
                      SELECT
                        "t5"."customer_id" AS "later_customer",
                        "t5"."ordered_at",
                        "t5"."amount",
                        "t5"."is_activity",
                        "t5"."period"
                      FROM (
                        SELECT
                          "t3".*
                          EXCLUDE ("segment")
                        FROM "t2" AS "t3"
                      ) AS "t5"
                    ) AS "t9"
                      ON "t13"."customer_id" = "t9"."later_customer" AND "t9"."period" >= "t13"."cohort"
                  ) AS "t20"
                ) AS "t22"
                GROUP BY
                  1,
                  2,
                  3,
                  4
              ) AS "t23"
              WHERE
                (
                  "t23"."age" = 0
                ) OR (
                  "t23"."n" >= 1
                )
            ) AS "t25"
            GROUP BY
              1,
              2,
              3
          ) AS "t28"
          GROUP BY
            1,
            2,
            3
        ) AS "t30"
          ON "t16"."segment" = "t30"."segment"
          AND "t27"."cohort" = "t30"."cohort"
          AND "t27"."age" = "t30"."age"
      ) AS "t31"
    ) AS "t32"
  ) AS "t33"
) AS "t34"
ORDER BY
  "t34"."channel" ASC,
  "t34"."cohort" ASC,
  "t34"."age" ASC
