WITH "t4" AS (
  SELECT
    "t2"."customer_id",
    "t2"."ordered_at",
    "t2"."amount",
    "t2"."is_activity",
    'all customers' AS "segment",
    CAST(EXTRACT(year FROM "t2"."ordered_at") AS BIGINT) AS "period"
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
      "t0"."customer_id" IS NOT NULL AND "t0"."ordered_at" IS NOT NULL
  ) AS "t2"
  WHERE
    "t2"."is_activity"
), "t7" AS (
  SELECT
    "t5"."segment",
    "t5"."customer_id",
    "t5"."period" AS "cohort",
    MIN("t5"."ordered_at") AS "entered"
  FROM "t4" AS "t5"
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
      CAST(CAST(FLOOR(CAST("t28"."cohort" * 12 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
      CAST((
        (
          "t28"."cohort" * 12
        ) - (
          CAST(CAST(FLOOR(CAST("t28"."cohort" * 12 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
        )
      ) + 1 AS INT),
      1
    ) AS "cohort",
    "t28"."age",
    "t28"."cohort_size",
    CASE
      WHEN "t28"."status" <> 'not_yet_observed'
      THEN COALESCE("t28"."active", 0)
      ELSE CAST(NULL AS BIGINT)
    END AS "active",
    CAST(CASE
      WHEN "t28"."status" <> 'not_yet_observed'
      THEN COALESCE("t28"."active", 0)
      ELSE CAST(NULL AS BIGINT)
    END AS DOUBLE) / NULLIF(CAST("t28"."cohort_size" AS DOUBLE), 0) AS "retention",
    "t28"."status"
  FROM (
    SELECT
      "t14"."segment",
      "t22"."cohort",
      "t22"."age",
      COALESCE("t16"."cohort_size", 0) AS "cohort_size",
      CASE
        WHEN DATE_DIFF(
          'DAY',
          MAKE_DATE(1970, 1, 1),
          MAKE_DATE(
            CAST(CAST(FLOOR(
              CAST((
                "t22"."cohort" + CASE WHEN "t22"."age" = 1 THEN 1 WHEN "t22"."age" = 2 THEN 2 ELSE 0 END
              ) * 12 AS DOUBLE) / NULLIF(12.0, 0)
            ) AS BIGINT) AS INT),
            CAST((
              (
                (
                  "t22"."cohort" + CASE WHEN "t22"."age" = 1 THEN 1 WHEN "t22"."age" = 2 THEN 2 ELSE 0 END
                ) * 12
              ) - (
                CAST(CAST(FLOOR(
                  CAST((
                    "t22"."cohort" + CASE WHEN "t22"."age" = 1 THEN 1 WHEN "t22"."age" = 2 THEN 2 ELSE 0 END
                  ) * 12 AS DOUBLE) / NULLIF(12.0, 0)
                ) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT),
            1
          )
        ) >= "t22"."end"
        THEN 'not_yet_observed'
        WHEN DATE_DIFF(
          'DAY',
          MAKE_DATE(1970, 1, 1),
          MAKE_DATE(
            CAST(CAST(FLOOR(
              CAST((
                "t22"."cohort" + CASE WHEN "t22"."age" = 1 THEN 1 WHEN "t22"."age" = 2 THEN 4 ELSE 0 END + 1 + 1
              ) * 12 AS DOUBLE) / NULLIF(12.0, 0)
            ) AS BIGINT) AS INT),
            CAST((
              (
                (
                  "t22"."cohort" + CASE WHEN "t22"."age" = 1 THEN 1 WHEN "t22"."age" = 2 THEN 4 ELSE 0 END + 1 + 1
                ) * 12
              ) - (
                CAST(CAST(FLOOR(
                  CAST((
                    "t22"."cohort" + CASE WHEN "t22"."age" = 1 THEN 1 WHEN "t22"."age" = 2 THEN 4 ELSE 0 END + 1 + 1
                  ) * 12 AS DOUBLE) / NULLIF(12.0, 0)
                ) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT),
            1
          )
        ) > "t22"."end"
        THEN 'partial'
        ELSE 'complete'
      END AS "status",
      "t27"."segment" AS "segment_right",
      "t27"."cohort" AS "cohort_right",
      "t27"."age" AS "age_right",
      "t27"."active"
    FROM (
      SELECT
        "t20"."first",
        "t20"."end",
        "t20"."last",
        "t20"."cohort",
        CAST("t20"."age" AS BIGINT) AS "age"
      FROM (
        SELECT
          "t19"."first",
          "t19"."end",
          "t19"."last",
          "t19"."cohort",
          UNNEST(RANGE(0, 3, 1)) AS "age"
        FROM (
          SELECT
            "t17"."first",
            "t17"."end",
            "t17"."last",
            UNNEST(RANGE("t17"."first", "t17"."last" + 1, 1)) AS "cohort"
          FROM (
            SELECT
              "t15"."first",
              DATE_DIFF(
                'DAY',
                MAKE_DATE(1970, 1, 1),
                (
                  SELECT
                    CAST("t1"."newest" AS DATE) + INTERVAL '1' DAY AS "end"
                  FROM (
                    SELECT
                      MAX("t0"."ordered_at") AS "newest"
                    FROM "orders" AS "t0"
                  ) AS "t1"
                )
              ) AS "end",
              CAST(EXTRACT(year FROM (
                SELECT
                  CAST("t1"."newest" AS DATE) + INTERVAL '1' DAY AS "end"
                FROM (
                  SELECT
                    MAX("t0"."ordered_at") AS "newest"
                  FROM "orders" AS "t0"
                ) AS "t1"
              ) - INTERVAL '1' DAY) AS BIGINT) AS "last"
            FROM (
              SELECT
                MIN("t9"."cohort") AS "first"
              FROM "t7" AS "t9"
            ) AS "t15"
          ) AS "t17"
        ) AS "t19"
      ) AS "t20"
    ) AS "t22"
    CROSS JOIN (
      SELECT DISTINCT
        "t9"."segment"
      FROM "t7" AS "t9"
    ) AS "t14"
    LEFT OUTER JOIN (
      SELECT
        "t9"."segment",
        "t9"."cohort",
        COUNT(*) AS "cohort_size"
      FROM "t7" AS "t9"
      GROUP BY
        1,
        2
    ) AS "t16"
      ON "t14"."segment" = "t16"."segment" AND "t22"."cohort" = "t16"."cohort"
    LEFT OUTER JOIN (
      SELECT
        "t25"."segment",
        "t25"."cohort",
        "t25"."age",
        COUNT(*) AS "active"
      FROM (
        SELECT DISTINCT
          "t24"."segment",
          "t24"."cohort",
          "t24"."customer_id",
          CASE
            WHEN "t24"."age" = 0
            THEN 0
            WHEN (
              "t24"."age" > 0
            ) AND (
              "t24"."age" <= 1
            )
            THEN 1
            WHEN (
              "t24"."age" > 1
            ) AND (
              "t24"."age" <= 4
            )
            THEN 2
            ELSE 3
          END AS "age"
        FROM (
          SELECT
            "t23"."segment",
            "t23"."cohort",
            "t23"."customer_id",
            "t23"."age",
            COUNT(*) AS "n"
          FROM (
            SELECT
              "t18"."segment",
              "t18"."customer_id",
              "t18"."cohort",
              "t18"."entered",
              "t18"."later_customer",
              "t18"."ordered_at",
              "t18"."amount",
              "t18"."is_activity",
              "t18"."period",
              GREATEST(
                CAST(FLOOR(
                  CAST((
                    (
                      (
                        (
                          CAST(EXTRACT(year FROM "t18"."ordered_at") AS BIGINT) * 12
                        ) + EXTRACT(month FROM "t18"."ordered_at")
                      ) - 1
                    ) - (
                      (
                        (
                          CAST(EXTRACT(year FROM "t18"."entered") AS BIGINT) * 12
                        ) + EXTRACT(month FROM "t18"."entered")
                      ) - 1
                    )
                  ) - CAST(CASE
                    WHEN (
                      (
                        CAST(EXTRACT(day FROM "t18"."ordered_at") AS BIGINT) * 86400
                      ) + (
                        (
                          (
                            (
                              CAST(EXTRACT(hour FROM "t18"."ordered_at") AS BIGINT) * 60
                            ) + EXTRACT(minute FROM "t18"."ordered_at")
                          ) * 60
                        ) + CAST(FLOOR(CAST(EXTRACT(second FROM "t18"."ordered_at") AS DOUBLE)) AS BIGINT)
                      )
                    ) < (
                      (
                        CAST(EXTRACT(day FROM "t18"."entered") AS BIGINT) * 86400
                      ) + (
                        (
                          (
                            (
                              CAST(EXTRACT(hour FROM "t18"."entered") AS BIGINT) * 60
                            ) + EXTRACT(minute FROM "t18"."entered")
                          ) * 60
                        ) + CAST(FLOOR(CAST(EXTRACT(second FROM "t18"."entered") AS DOUBLE)) AS BIGINT)
                      )
                    )
                    THEN 1
                    ELSE 0
                  END AS BIGINT) AS DOUBLE) / NULLIF(12.0, 0)
                ) AS BIGINT),
                0
              ) AS "age"
            FROM (
              SELECT
                "t11"."segment",
                "t11"."customer_id",
                "t11"."cohort",
                "t11"."entered",
                "t10"."later_customer",
                "t10"."ordered_at",
                "t10"."amount",
                "t10"."is_activity",
                "t10"."period"
              FROM "t7" AS "t11"
              INNER JOIN (
                SELECT
                  "t6"."customer_id" AS "later_customer",
                  "t6"."ordered_at",
                  "t6"."amount",
                  "t6"."is_activity",
                  "t6"."period"
                FROM (
                  SELECT
                    "t5".*
                    EXCLUDE ("segment")
                  FROM "t4" AS "t5"
                ) AS "t6"
              ) AS "t10"
                ON "t11"."customer_id" = "t10"."later_customer" AND "t10"."period" >= "t11"."cohort"
            ) AS "t18"
          ) AS "t23"
          GROUP BY
            1,
            2,
            3,
            4
        ) AS "t24"
      ) AS "t25"
      GROUP BY
        1,
        2,
        3
    ) AS "t27"
      ON "t14"."segment" = "t27"."segment"
      AND "t22"."cohort" = "t27"."cohort"
      AND "t22"."age" = "t27"."age"
  ) AS "t28"
) AS "t29"
ORDER BY
  "t29"."cohort" ASC,
  "t29"."age" ASC
