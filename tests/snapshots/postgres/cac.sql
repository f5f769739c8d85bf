WITH "t9" AS (
  SELECT
    *
  FROM (
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
        CAST(EXTRACT(epoch FROM CAST(DATE("t0"."ordered_at") AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) AS "day",
        CAST(FLOOR(
          CAST((
            (
              CAST(EXTRACT(year FROM "t0"."ordered_at") AS BIGINT) * 12
            ) + EXTRACT(month FROM "t0"."ordered_at")
          ) - 1 AS DOUBLE PRECISION) / NULLIF(3.0, 0)
        ) AS BIGINT) AS "period",
        'all' AS "segment",
        "t0"."amount"
      FROM "orders" AS "t0"
      WHERE
        "t0"."customer_id" IS NOT NULL
        AND "t0"."ordered_at" IS NOT NULL
        AND "t0"."ordered_at" < CAST('2024-06-11T00:00:00' AS TIMESTAMP)
    ) AS "t6"
    GROUP BY
      1,
      2,
      3
  ) AS "t8"
  WHERE
    "t8"."orders" > 0
), "t27" AS (
  SELECT
    GREATEST(
      CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
        CAST(CAST(CAST(FLOOR(
          CAST((
            (
              (
                CAST(EXTRACT(year FROM "t26"."oldest") AS BIGINT) * 12
              ) + EXTRACT(month FROM "t26"."oldest")
            ) - 1
          ) * 1 AS DOUBLE PRECISION) / NULLIF(12.0, 0)
        ) AS BIGINT) AS INT) AS INT),
        CAST(CAST((
          (
            (
              (
                (
                  CAST(EXTRACT(year FROM "t26"."oldest") AS BIGINT) * 12
                ) + EXTRACT(month FROM "t26"."oldest")
              ) - 1
            ) * 1
          ) - (
            CAST(CAST(FLOOR(
              CAST((
                (
                  (
                    CAST(EXTRACT(year FROM "t26"."oldest") AS BIGINT) * 12
                  ) + EXTRACT(month FROM "t26"."oldest")
                ) - 1
              ) * 1 AS DOUBLE PRECISION) / NULLIF(12.0, 0)
            ) AS BIGINT) AS INT) * 12
          )
        ) + 1 AS INT) AS INT),
        CAST(1 AS INT)
      ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT),
      "t26"."begins"
    ) AS "begins",
    CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(2024, 6, 11) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) AS "end"
  FROM (
    SELECT
      "t7"."oldest",
      "t25"."begins",
      "t25"."ends"
    FROM (
      SELECT
        MIN("t3"."ordered_at") AS "oldest"
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
          AND "t0"."ordered_at" < CAST('2024-06-11T00:00:00' AS TIMESTAMP)
      ) AS "t3"
    ) AS "t7"
    CROSS JOIN (
      SELECT
        "t21"."begins",
        CASE
          WHEN "t21"."latest" = 1
          THEN CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST((
              "t21"."month" + 1
            ) * 1 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                (
                  "t21"."month" + 1
                ) * 1
              ) - (
                CAST(CAST(FLOOR(CAST((
                  "t21"."month" + 1
                ) * 1 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT)
          ELSE "t21"."newest" + 1
        END AS "ends"
      FROM (
        SELECT
          MIN("t18"."day") AS "begins",
          MAX("t18"."known") AS "newest",
          MAX("t18"."month") AS "month",
          MAX(EXTRACT(day FROM "t18"."spent_on")) AS "latest"
        FROM (
          SELECT
            "t14"."spent_on",
            "t14"."channel",
            "t14"."amount",
            "t14"."kind",
            "t14"."month_start",
            "t14"."month_days",
            (
              "t14"."month_start" + LEAST(CAST(EXTRACT(day FROM "t14"."spent_on") AS BIGINT), "t14"."month_days")
            ) - 1 AS "day",
            CAST(EXTRACT(epoch FROM CAST(DATE("t14"."spent_on") AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) AS "known",
            (
              (
                CAST(EXTRACT(year FROM "t14"."spent_on") AS BIGINT) * 12
              ) + EXTRACT(month FROM "t14"."spent_on")
            ) - 1 AS "month"
          FROM (
            SELECT
              "t2"."spent_on",
              "t2"."channel",
              "t2"."amount",
              "t2"."kind",
              CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
                CAST(CAST(CAST(FLOOR(
                  CAST((
                    (
                      (
                        (
                          CAST(EXTRACT(year FROM "t2"."spent_on") AS BIGINT) * 12
                        ) + EXTRACT(month FROM "t2"."spent_on")
                      ) - 1
                    ) + 0
                  ) * 1 AS DOUBLE PRECISION) / NULLIF(12.0, 0)
                ) AS BIGINT) AS INT) AS INT),
                CAST(CAST((
                  (
                    (
                      (
                        (
                          (
                            CAST(EXTRACT(year FROM "t2"."spent_on") AS BIGINT) * 12
                          ) + EXTRACT(month FROM "t2"."spent_on")
                        ) - 1
                      ) + 0
                    ) * 1
                  ) - (
                    CAST(CAST(FLOOR(
                      CAST((
                        (
                          (
                            (
                              CAST(EXTRACT(year FROM "t2"."spent_on") AS BIGINT) * 12
                            ) + EXTRACT(month FROM "t2"."spent_on")
                          ) - 1
                        ) + 0
                      ) * 1 AS DOUBLE PRECISION) / NULLIF(12.0, 0)
                    ) AS BIGINT) AS INT) * 12
                  )
                ) + 1 AS INT) AS INT),
                CAST(1 AS INT)
              ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) AS "month_start",
              CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
                CAST(CAST(CAST(FLOOR(
                  CAST((
                    (
                      (
                        (
                          CAST(EXTRACT(year FROM "t2"."spent_on") AS BIGINT) * 12
                        ) + EXTRACT(month FROM "t2"."spent_on")
                      ) - 1
                    ) + 0 + 1
                  ) * 1 AS DOUBLE PRECISION) / NULLIF(12.0, 0)
                ) AS BIGINT) AS INT) AS INT),
                CAST(CAST((
                  (
                    (
                      (
                        (
                          (
                            CAST(EXTRACT(year FROM "t2"."spent_on") AS BIGINT) * 12
                          ) + EXTRACT(month FROM "t2"."spent_on")
                        ) - 1
                      ) + 0 + 1
                    ) * 1
                  ) - (
                    CAST(CAST(FLOOR(
                      CAST((
                        (
                          (
                            (
                              CAST(EXTRACT(year FROM "t2"."spent_on") AS BIGINT) * 12
                            ) + EXTRACT(month FROM "t2"."spent_on")
                          ) - 1
                        ) + 0 + 1
                      ) * 1 AS DOUBLE PRECISION) / NULLIF(12.0, 0)
                    ) AS BIGINT) AS INT) * 12
                  )
                ) + 1 AS INT) AS INT),
                CAST(1 AS INT)
              ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) - CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
                CAST(CAST(CAST(FLOOR(
                  CAST((
                    (
                      (
                        (
                          CAST(EXTRACT(year FROM "t2"."spent_on") AS BIGINT) * 12
                        ) + EXTRACT(month FROM "t2"."spent_on")
                      ) - 1
                    ) + 0
                  ) * 1 AS DOUBLE PRECISION) / NULLIF(12.0, 0)
                ) AS BIGINT) AS INT) AS INT),
                CAST(CAST((
                  (
                    (
                      (
                        (
                          (
                            CAST(EXTRACT(year FROM "t2"."spent_on") AS BIGINT) * 12
                          ) + EXTRACT(month FROM "t2"."spent_on")
                        ) - 1
                      ) + 0
                    ) * 1
                  ) - (
                    CAST(CAST(FLOOR(
                      CAST((
                        (
                          (
                            (
                              CAST(EXTRACT(year FROM "t2"."spent_on") AS BIGINT) * 12
                            ) + EXTRACT(month FROM "t2"."spent_on")
                          ) - 1
                        ) + 0
                      ) * 1 AS DOUBLE PRECISION) / NULLIF(12.0, 0)
                    ) AS BIGINT) AS INT) * 12
                  )
                ) + 1 AS INT) AS INT),
                CAST(1 AS INT)
              ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) AS "month_days"
            FROM (
              SELECT
                CAST("t1"."spent_on" AS TIMESTAMP) AS "spent_on",
                "t1"."channel",
                "t1"."amount",
                "t1"."kind"
              FROM "spend" AS "t1"
              WHERE
                CAST("t1"."spent_on" AS TIMESTAMP) IS NOT NULL
                AND CAST("t1"."spent_on" AS TIMESTAMP) < CAST('2024-06-11T00:00:00' AS TIMESTAMP)
            ) AS "t2"
          ) AS "t14"
        ) AS "t18"
      ) AS "t21"
    ) AS "t25"
  ) AS "t26"
  WHERE
    "t26"."oldest" IS NOT NULL AND "t26"."begins" IS NOT NULL
), "t33" AS (
  SELECT
    "t31"."customer_id",
    "t31"."period",
    "t31"."segment"
  FROM (
    SELECT
      "t19"."customer_id",
      "t19"."first_day",
      "t19"."period",
      "t19"."segment",
      "t30"."begins",
      "t30"."end"
    FROM (
      SELECT
        "t15"."customer_id",
        MIN(
          CAST(EXTRACT(epoch FROM CAST(DATE("t15"."first_at") AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT)
        ) AS "first_day",
        MIN("t15"."period") AS "period",
        MIN("t15"."segment") AS "segment"
      FROM (
        SELECT
          "t13"."customer_id",
          "t13"."first_at",
          "t11"."period",
          "t11"."segment",
          "t11"."amount",
          "t11"."orders",
          "t11"."last_at"
        FROM (
          SELECT
            "t10"."customer_id",
            MIN("t10"."first_at") AS "first_at"
          FROM "t9" AS "t10"
          GROUP BY
            1
        ) AS "t13"
        INNER JOIN "t9" AS "t11"
          ON "t13"."customer_id" = "t11"."customer_id" AND "t13"."first_at" = "t11"."first_at"
      ) AS "t15"
      GROUP BY
        1
    ) AS "t19"
    CROSS JOIN (
      SELECT
        *
      FROM "t27" AS "t28"
    ) AS "t30"
  ) AS "t31"
  WHERE
    "t31"."first_day" >= "t31"."begins" AND "t31"."first_day" < "t31"."end"
), "t37" AS (
  SELECT
    "t34"."period",
    "t34"."segment",
    SUM("t34"."amount") AS "amount"
  FROM (
    SELECT
      *
    FROM (
      SELECT
        "t23"."day",
        "t23"."period",
        "t23"."segment",
        "t23"."amount",
        "t30"."begins",
        "t30"."end"
      FROM (
        SELECT
          "t20"."day",
          CAST(FLOOR(
            CAST((
              (
                CAST(EXTRACT(year FROM MAKE_DATE(1970, 1, 1) + MAKE_INTERVAL(days => CAST(CAST((
                  "t20"."day" * 1
                ) + 0 AS INT) AS INT))) AS BIGINT) * 12
              ) + EXTRACT(month FROM MAKE_DATE(1970, 1, 1) + MAKE_INTERVAL(days => CAST(CAST((
                "t20"."day" * 1
              ) + 0 AS INT) AS INT)))
            ) - 1 AS DOUBLE PRECISION) / NULLIF(3.0, 0)
          ) AS BIGINT) AS "period",
          'all' AS "segment",
          "t20"."amount"
        FROM (
          SELECT
            "t16"."spent_on",
            "t16"."channel",
            "t16"."amount",
            "t16"."kind",
            "t16"."month_start",
            "t16"."month_days",
            (
              "t16"."month_start" + LEAST(CAST(EXTRACT(day FROM "t16"."spent_on") AS BIGINT), "t16"."month_days")
            ) - 1 AS "day"
          FROM (
            SELECT
              "t4"."spent_on",
              "t4"."channel",
              "t4"."amount",
              "t4"."kind",
              CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
                CAST(CAST(CAST(FLOOR(
                  CAST((
                    (
                      (
                        (
                          CAST(EXTRACT(year FROM "t4"."spent_on") AS BIGINT) * 12
                        ) + EXTRACT(month FROM "t4"."spent_on")
                      ) - 1
                    ) + 0
                  ) * 1 AS DOUBLE PRECISION) / NULLIF(12.0, 0)
                ) AS BIGINT) AS INT) AS INT),
                CAST(CAST((
                  (
                    (
                      (
                        (
                          (
                            CAST(EXTRACT(year FROM "t4"."spent_on") AS BIGINT) * 12
                          ) + EXTRACT(month FROM "t4"."spent_on")
                        ) - 1
                      ) + 0
                    ) * 1
                  ) - (
                    CAST(CAST(FLOOR(
                      CAST((
                        (
                          (
                            (
                              CAST(EXTRACT(year FROM "t4"."spent_on") AS BIGINT) * 12
                            ) + EXTRACT(month FROM "t4"."spent_on")
                          ) - 1
                        ) + 0
                      ) * 1 AS DOUBLE PRECISION) / NULLIF(12.0, 0)
                    ) AS BIGINT) AS INT) * 12
                  )
                ) + 1 AS INT) AS INT),
                CAST(1 AS INT)
              ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) AS "month_start",
              CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
                CAST(CAST(CAST(FLOOR(
                  CAST((
                    (
                      (
                        (
                          CAST(EXTRACT(year FROM "t4"."spent_on") AS BIGINT) * 12
                        ) + EXTRACT(month FROM "t4"."spent_on")
                      ) - 1
                    ) + 0 + 1
                  ) * 1 AS DOUBLE PRECISION) / NULLIF(12.0, 0)
                ) AS BIGINT) AS INT) AS INT),
                CAST(CAST((
                  (
                    (
                      (
                        (
                          (
                            CAST(EXTRACT(year FROM "t4"."spent_on") AS BIGINT) * 12
                          ) + EXTRACT(month FROM "t4"."spent_on")
                        ) - 1
                      ) + 0 + 1
                    ) * 1
                  ) - (
                    CAST(CAST(FLOOR(
                      CAST((
                        (
                          (
                            (
                              CAST(EXTRACT(year FROM "t4"."spent_on") AS BIGINT) * 12
                            ) + EXTRACT(month FROM "t4"."spent_on")
                          ) - 1
                        ) + 0 + 1
                      ) * 1 AS DOUBLE PRECISION) / NULLIF(12.0, 0)
                    ) AS BIGINT) AS INT) * 12
                  )
                ) + 1 AS INT) AS INT),
                CAST(1 AS INT)
              ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) - CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
                CAST(CAST(CAST(FLOOR(
                  CAST((
                    (
                      (
                        (
                          CAST(EXTRACT(year FROM "t4"."spent_on") AS BIGINT) * 12
                        ) + EXTRACT(month FROM "t4"."spent_on")
                      ) - 1
                    ) + 0
                  ) * 1 AS DOUBLE PRECISION) / NULLIF(12.0, 0)
                ) AS BIGINT) AS INT) AS INT),
                CAST(CAST((
                  (
                    (
                      (
                        (
                          (
                            CAST(EXTRACT(year FROM "t4"."spent_on") AS BIGINT) * 12
                          ) + EXTRACT(month FROM "t4"."spent_on")
                        ) - 1
                      ) + 0
                    ) * 1
                  ) - (
                    CAST(CAST(FLOOR(
                      CAST((
                        (
                          (
                            (
                              CAST(EXTRACT(year FROM "t4"."spent_on") AS BIGINT) * 12
                            ) + EXTRACT(month FROM "t4"."spent_on")
                          ) - 1
                        ) + 0
                      ) * 1 AS DOUBLE PRECISION) / NULLIF(12.0, 0)
                    ) AS BIGINT) AS INT) * 12
                  )
                ) + 1 AS INT) AS INT),
                CAST(1 AS INT)
              ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) AS "month_days"
            FROM (
              SELECT
                CAST("t1"."spent_on" AS TIMESTAMP) AS "spent_on",
                "t1"."channel",
                "t1"."amount",
                "t1"."kind"
              FROM "spend" AS "t1"
              WHERE
                CAST("t1"."spent_on" AS TIMESTAMP) IS NOT NULL
                AND "t1"."amount" IS NOT NULL
                AND CAST("t1"."spent_on" AS TIMESTAMP) < CAST('2024-06-11T00:00:00' AS TIMESTAMP)
                AND NOT (
                  COALESCE(LOWER("t1"."kind") IN ('salaries', 'tools'), FALSE)
                )
            ) AS "t4"
          ) AS "t16"
        ) AS "t20"
      ) AS "t23"
      CROSS JOIN (
        SELECT
          *
        FROM "t27" AS "t28"
      ) AS "t30"
    ) AS "t32"
    WHERE
      "t32"."day" >= "t32"."begins" AND "t32"."day" < "t32"."end"
  ) AS "t34"
  GROUP BY
    1,
    2
), "t43" AS (
  SELECT
    "t39"."period" AS "shared_period",
    "t39"."amount" AS "shared"
  FROM "t37" AS "t39"
  WHERE
    "t39"."segment" IS NULL
)
SELECT
  *
FROM (
  SELECT
    MAKE_DATE(
      CAST(CAST(CAST(FLOOR(CAST("t56"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
      CAST(CAST((
        (
          "t56"."period" * 3
        ) - (
          CAST(CAST(FLOOR(CAST("t56"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
        )
      ) + 1 AS INT) AS INT),
      CAST(1 AS INT)
    ) AS "period",
    "t56"."segment",
    CASE
      WHEN CASE
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST("t56"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                "t56"."period" * 3
              ) - (
                CAST(CAST(FLOOR(CAST("t56"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
        ) >= "t56"."end"
        THEN 'not_yet_observed'
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST((
              "t56"."period" + 1
            ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                (
                  "t56"."period" + 1
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  "t56"."period" + 1
                ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
        ) > "t56"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t61"."numerator", 0)
      ELSE CAST(NULL AS DOUBLE PRECISION)
    END AS "numerator",
    CASE
      WHEN CASE
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST("t56"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                "t56"."period" * 3
              ) - (
                CAST(CAST(FLOOR(CAST("t56"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
        ) >= "t56"."end"
        THEN 'not_yet_observed'
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST((
              "t56"."period" + 1
            ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                (
                  "t56"."period" + 1
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  "t56"."period" + 1
                ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
        ) > "t56"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t61"."denominator", 0)
      ELSE CAST(NULL AS DOUBLE PRECISION)
    END AS "denominator",
    CASE
      WHEN CASE
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST("t56"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                "t56"."period" * 3
              ) - (
                CAST(CAST(FLOOR(CAST("t56"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
        ) >= "t56"."end"
        THEN 'not_yet_observed'
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST((
              "t56"."period" + 1
            ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                (
                  "t56"."period" + 1
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  "t56"."period" + 1
                ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
        ) > "t56"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t61"."n", 0)
      ELSE CAST(NULL AS BIGINT)
    END AS "n",
    CASE
      WHEN CASE
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST("t56"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                "t56"."period" * 3
              ) - (
                CAST(CAST(FLOOR(CAST("t56"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
        ) >= "t56"."end"
        THEN 'not_yet_observed'
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST((
              "t56"."period" + 1
            ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                (
                  "t56"."period" + 1
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  "t56"."period" + 1
                ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
        ) > "t56"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t61"."sum_xx", 0)
      ELSE CAST(NULL AS DOUBLE PRECISION)
    END AS "sum_xx",
    CASE
      WHEN CASE
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST("t56"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                "t56"."period" * 3
              ) - (
                CAST(CAST(FLOOR(CAST("t56"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
        ) >= "t56"."end"
        THEN 'not_yet_observed'
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST((
              "t56"."period" + 1
            ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                (
                  "t56"."period" + 1
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  "t56"."period" + 1
                ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
        ) > "t56"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t61"."sum_yy", 0)
      ELSE CAST(NULL AS DOUBLE PRECISION)
    END AS "sum_yy",
    CASE
      WHEN CASE
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST("t56"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                "t56"."period" * 3
              ) - (
                CAST(CAST(FLOOR(CAST("t56"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
        ) >= "t56"."end"
        THEN 'not_yet_observed'
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST((
              "t56"."period" + 1
            ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                (
                  "t56"."period" + 1
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  "t56"."period" + 1
                ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
        ) > "t56"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t61"."sum_xy", 0)
      ELSE CAST(NULL AS DOUBLE PRECISION)
    END AS "sum_xy",
    CASE
      WHEN CASE
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST("t56"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                "t56"."period" * 3
              ) - (
                CAST(CAST(FLOOR(CAST("t56"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
        ) >= "t56"."end"
        THEN 'not_yet_observed'
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST((
              "t56"."period" + 1
            ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                (
                  "t56"."period" + 1
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  "t56"."period" + 1
                ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
        ) > "t56"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t61"."sum_ww", 0)
      ELSE CAST(NULL AS DOUBLE PRECISION)
    END AS "sum_ww",
    CASE
      WHEN (
        CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
          CAST(CAST(CAST(FLOOR(CAST("t56"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
          CAST(CAST((
            (
              "t56"."period" * 3
            ) - (
              CAST(CAST(FLOOR(CAST("t56"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
            )
          ) + 1 AS INT) AS INT),
          CAST(1 AS INT)
        ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
      ) >= "t56"."end"
      THEN 'not_yet_observed'
      WHEN (
        CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
          CAST(CAST(CAST(FLOOR(CAST((
            "t56"."period" + 1
          ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
          CAST(CAST((
            (
              (
                "t56"."period" + 1
              ) * 3
            ) - (
              CAST(CAST(FLOOR(CAST((
                "t56"."period" + 1
              ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
            )
          ) + 1 AS INT) AS INT),
          CAST(1 AS INT)
        ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
      ) > "t56"."end"
      THEN 'partial'
      ELSE 'complete'
    END AS "status"
  FROM (
    SELECT
      "t51"."end",
      "t51"."first",
      "t51"."last",
      "t51"."period",
      'all' AS "segment"
    FROM (
      SELECT
        "t44"."end",
        "t44"."first",
        "t44"."last",
        UNNEST(
          CASE
            WHEN NULLIF(1, 0) IS NOT NULL
            AND SIGN(1) = SIGN((
              "t44"."last" + 1
            ) - (
              "t44"."first" + 0
            ))
            THEN ARRAY_REMOVE(
              ARRAY(SELECT
                *
              FROM GENERATE_SERIES("t44"."first" + 0, "t44"."last" + 1, 1)),
              "t44"."last" + 1
            )
            ELSE CAST(ARRAY[] AS BIGINT[])
          END
        ) AS "period"
      FROM (
        SELECT
          "t28"."end",
          CAST(FLOOR(
            CAST((
              (
                CAST(EXTRACT(year FROM MAKE_DATE(1970, 1, 1) + MAKE_INTERVAL(days => CAST(CAST((
                  "t28"."begins" * 1
                ) + 0 AS INT) AS INT))) AS BIGINT) * 12
              ) + EXTRACT(month FROM MAKE_DATE(1970, 1, 1) + MAKE_INTERVAL(days => CAST(CAST((
                "t28"."begins" * 1
              ) + 0 AS INT) AS INT)))
            ) - 1 AS DOUBLE PRECISION) / NULLIF(3.0, 0)
          ) AS BIGINT) AS "first",
          CAST(FLOOR(
            CAST((
              (
                CAST(EXTRACT(year FROM MAKE_DATE(1970, 1, 1) + MAKE_INTERVAL(days => CAST(CAST((
                  (
                    "t28"."end" - 1
                  ) * 1
                ) + 0 AS INT) AS INT))) AS BIGINT) * 12
              ) + EXTRACT(month FROM MAKE_DATE(1970, 1, 1) + MAKE_INTERVAL(days => CAST(CAST((
                (
                  "t28"."end" - 1
                ) * 1
              ) + 0 AS INT) AS INT)))
            ) - 1 AS DOUBLE PRECISION) / NULLIF(3.0, 0)
          ) AS BIGINT) AS "last"
        FROM "t27" AS "t28"
      ) AS "t44"
    ) AS "t51"
  ) AS "t56"
  LEFT OUTER JOIN (
    SELECT
      "t59"."period",
      "t59"."segment",
      SUM("t59"."x") AS "numerator",
      SUM("t59"."y") AS "denominator",
      SUM(CAST(CASE WHEN "t59"."y" <> 0 THEN 1 ELSE 0 END AS BIGINT)) AS "n",
      SUM("t59"."x" * "t59"."x") AS "sum_xx",
      SUM("t59"."y" * "t59"."y") AS "sum_yy",
      SUM("t59"."x" * "t59"."y") AS "sum_xy",
      0.0 AS "sum_ww"
    FROM (
      SELECT
        *
      FROM (
        SELECT
          *
        FROM (
          SELECT
            "t40"."customer_id",
            "t40"."period",
            "t40"."segment",
            (
              CAST(COALESCE("t45"."direct", 0.0) AS DOUBLE PRECISION) / NULLIF(CAST("t40"."few" AS DOUBLE PRECISION), 0)
            ) + (
              CAST(COALESCE("t48"."shared", 0.0) AS DOUBLE PRECISION) / NULLIF(CAST("t40"."many" AS DOUBLE PRECISION), 0)
            ) AS "x",
            1.0 AS "y"
          FROM (
            SELECT
              "t35"."customer_id",
              "t35"."period",
              "t35"."segment",
              COUNT(*) OVER (
                PARTITION BY "t35"."period", "t35"."segment"
                ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
              ) AS "few",
              COUNT(*) OVER (
                PARTITION BY "t35"."period"
                ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
              ) AS "many"
            FROM "t33" AS "t35"
          ) AS "t40"
          LEFT OUTER JOIN (
            SELECT
              "t39"."period" AS "direct_period",
              "t39"."segment" AS "direct_segment",
              "t39"."amount" AS "direct"
            FROM "t37" AS "t39"
            WHERE
              "t39"."segment" IS NOT NULL
          ) AS "t45"
            ON "t40"."period" = "t45"."direct_period"
            AND "t40"."segment" = "t45"."direct_segment"
          LEFT OUTER JOIN "t43" AS "t48"
            ON "t40"."period" = "t48"."shared_period"
        ) AS "t53"
        UNION ALL
        SELECT
          *
        FROM (
          SELECT
            CAST(NULL AS VARCHAR) AS "customer_id",
            "t54"."period",
            "t54"."segment",
            "t54"."x",
            0.0 AS "y"
          FROM (
            SELECT
              *
            FROM (
              SELECT
                "t46"."period",
                "t46"."segment",
                "t46"."amount" AS "x"
              FROM (
                SELECT
                  *
                FROM "t37" AS "t39"
                WHERE
                  "t39"."segment" IS NOT NULL
              ) AS "t46"
              WHERE
                NOT EXISTS(
                  SELECT
                    1
                  FROM "t33" AS "t36"
                  WHERE
                    "t46"."period" = "t36"."period" AND "t46"."segment" = "t36"."segment"
                )
            ) AS "t50"
            UNION ALL
            SELECT
              *
            FROM (
              SELECT
                "t49"."shared_period" AS "period",
                'unknown' AS "segment",
                "t49"."shared" AS "x"
              FROM "t43" AS "t49"
              WHERE
                NOT EXISTS(
                  SELECT
                    1
                  FROM "t33" AS "t36"
                  WHERE
                    "t49"."shared_period" = "t36"."period"
                )
            ) AS "t52"
          ) AS "t54"
        ) AS "t57"
      ) AS "t58"
    ) AS "t59"
    GROUP BY
      1,
      2
  ) AS "t61"
    ON "t56"."period" = "t61"."period" AND "t56"."segment" = "t61"."segment"
) AS "t62"
ORDER BY
  "t62"."period" ASC,
  "t62"."segment" ASC
