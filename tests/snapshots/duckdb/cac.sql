WITH "t8" AS (
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
  WHERE
    "t6"."is_activity"
), "t26" AS (
  SELECT
    GREATEST(
      DATE_DIFF(
        'DAY',
        MAKE_DATE(1970, 1, 1),
        MAKE_DATE(
          CAST(CAST(FLOOR(
            CAST((
              (
                (
                  CAST(EXTRACT(year FROM "t25"."oldest") AS BIGINT) * 12
                ) + EXTRACT(month FROM "t25"."oldest")
              ) - 1
            ) * 1 AS DOUBLE) / NULLIF(12.0, 0)
          ) AS BIGINT) AS INT),
          CAST((
            (
              (
                (
                  (
                    CAST(EXTRACT(year FROM "t25"."oldest") AS BIGINT) * 12
                  ) + EXTRACT(month FROM "t25"."oldest")
                ) - 1
              ) * 1
            ) - (
              CAST(CAST(FLOOR(
                CAST((
                  (
                    (
                      CAST(EXTRACT(year FROM "t25"."oldest") AS BIGINT) * 12
                    ) + EXTRACT(month FROM "t25"."oldest")
                  ) - 1
                ) * 1 AS DOUBLE) / NULLIF(12.0, 0)
              ) AS BIGINT) AS INT) * 12
            )
          ) + 1 AS INT),
          1
        )
      ),
      "t25"."begins"
    ) AS "begins",
    DATE_DIFF('DAY', MAKE_DATE(1970, 1, 1), MAKE_DATE(2024, 6, 11)) AS "end"
  FROM (
    SELECT
      "t7"."oldest",
      "t24"."begins",
      "t24"."ends"
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
          AND "t0"."ordered_at" < MAKE_TIMESTAMP(2024, 6, 11, 0, 0, 0.0)
      ) AS "t3"
    ) AS "t7"
    CROSS JOIN (
      SELECT
        "t20"."begins",
        CASE
          WHEN "t20"."latest" = 1
          THEN DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                "t20"."month" + 1
              ) * 1 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    "t20"."month" + 1
                  ) * 1
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    "t20"."month" + 1
                  ) * 1 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          )
          ELSE "t20"."newest" + 1
        END AS "ends"
      FROM (
        SELECT
          MIN("t18"."day") AS "begins",
          MAX("t18"."known") AS "newest",
          MAX("t18"."month") AS "month",
          MAX(EXTRACT(day FROM "t18"."spent_on")) AS "latest"
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
            ) - 1 AS "day",
            DATE_DIFF('DAY', MAKE_DATE(1970, 1, 1), CAST("t16"."spent_on" AS DATE)) AS "known",
            (
              (
                CAST(EXTRACT(year FROM "t16"."spent_on") AS BIGINT) * 12
              ) + EXTRACT(month FROM "t16"."spent_on")
            ) - 1 AS "month"
          FROM (
            SELECT
              "t2"."spent_on",
              "t2"."channel",
              "t2"."amount",
              "t2"."kind",
              DATE_DIFF(
                'DAY',
                MAKE_DATE(1970, 1, 1),
                MAKE_DATE(
                  CAST(CAST(FLOOR(
                    CAST((
                      (
                        (
                          (
                            CAST(EXTRACT(year FROM "t2"."spent_on") AS BIGINT) * 12
                          ) + EXTRACT(month FROM "t2"."spent_on")
                        ) - 1
                      ) + 0
                    ) * 1 AS DOUBLE) / NULLIF(12.0, 0)
                  ) AS BIGINT) AS INT),
                  CAST((
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
                        ) * 1 AS DOUBLE) / NULLIF(12.0, 0)
                      ) AS BIGINT) AS INT) * 12
                    )
                  ) + 1 AS INT),
                  1
                )
              ) AS "month_start",
              DATE_DIFF(
                'DAY',
                MAKE_DATE(1970, 1, 1),
                MAKE_DATE(
                  CAST(CAST(FLOOR(
                    CAST((
                      (
                        (
                          (
                            CAST(EXTRACT(year FROM "t2"."spent_on") AS BIGINT) * 12
                          ) + EXTRACT(month FROM "t2"."spent_on")
                        ) - 1
                      ) + 0 + 1
                    ) * 1 AS DOUBLE) / NULLIF(12.0, 0)
                  ) AS BIGINT) AS INT),
                  CAST((
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
                        ) * 1 AS DOUBLE) / NULLIF(12.0, 0)
                      ) AS BIGINT) AS INT) * 12
                    )
                  ) + 1 AS INT),
                  1
                )
              ) - DATE_DIFF(
                'DAY',
                MAKE_DATE(1970, 1, 1),
                MAKE_DATE(
                  CAST(CAST(FLOOR(
                    CAST((
                      (
                        (
                          (
                            CAST(EXTRACT(year FROM "t2"."spent_on") AS BIGINT) * 12
                          ) + EXTRACT(month FROM "t2"."spent_on")
                        ) - 1
                      ) + 0
                    ) * 1 AS DOUBLE) / NULLIF(12.0, 0)
                  ) AS BIGINT) AS INT),
                  CAST((
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
                        ) * 1 AS DOUBLE) / NULLIF(12.0, 0)
                      ) AS BIGINT) AS INT) * 12
                    )
                  ) + 1 AS INT),
                  1
                )
              ) AS "month_days"
            FROM (
              SELECT
                CAST("t1"."spent_on" AS TIMESTAMP) AS "spent_on",
                "t1"."channel",
                "t1"."amount",
                "t1"."kind"
              FROM "spend" AS "t1"
              WHERE
                CAST("t1"."spent_on" AS TIMESTAMP) IS NOT NULL
                AND CAST("t1"."spent_on" AS TIMESTAMP) < MAKE_TIMESTAMP(2024, 6, 11, 0, 0, 0.0)
            ) AS "t2"
          ) AS "t16"
        ) AS "t18"
      ) AS "t20"
    ) AS "t24"
  ) AS "t25"
  WHERE
    "t25"."oldest" IS NOT NULL AND "t25"."begins" IS NOT NULL
), "t32" AS (
  SELECT
    "t30"."customer_id",
    "t30"."period",
    "t30"."segment"
  FROM (
    SELECT
      "t15"."customer_id",
      "t15"."first_day",
      "t15"."period",
      "t15"."segment",
      "t29"."begins",
      "t29"."end"
    FROM (
      SELECT
        "t13"."customer_id",
        MIN("t13"."day") AS "first_day",
        MIN("t13"."period") AS "period",
        MIN("t13"."segment") AS "segment"
      FROM (
        SELECT
          "t12"."customer_id",
          "t12"."ordered_at",
          "t10"."is_activity",
          "t10"."day",
          "t10"."period",
          "t10"."segment",
          "t10"."amount"
        FROM (
          SELECT
            "t9"."customer_id",
            MIN("t9"."ordered_at") AS "ordered_at"
          FROM "t8" AS "t9"
          GROUP BY
            1
        ) AS "t12"
        INNER JOIN "t8" AS "t10"
          ON "t12"."customer_id" = "t10"."customer_id"
          AND "t12"."ordered_at" = "t10"."ordered_at"
      ) AS "t13"
      GROUP BY
        1
    ) AS "t15"
    CROSS JOIN (
      SELECT
        *
      FROM "t26" AS "t27"
    ) AS "t29"
  ) AS "t30"
  WHERE
    "t30"."first_day" >= "t30"."begins" AND "t30"."first_day" < "t30"."end"
), "t36" AS (
  SELECT
    "t33"."period",
    "t33"."segment",
    SUM("t33"."amount") AS "amount"
  FROM (
    SELECT
      *
    FROM (
      SELECT
        "t22"."day",
        "t22"."period",
        "t22"."segment",
        "t22"."amount",
        "t29"."begins",
        "t29"."end"
      FROM (
        SELECT
          "t19"."day",
          CAST(FLOOR(
            CAST((
              (
                CAST(EXTRACT(year FROM MAKE_DATE(1970, 1, 1) + TO_DAYS(CAST((
                  "t19"."day" * 1
                ) + 0 AS INT))) AS BIGINT) * 12
              ) + EXTRACT(month FROM MAKE_DATE(1970, 1, 1) + TO_DAYS(CAST((
                "t19"."day" * 1
              ) + 0 AS INT)))
            ) - 1 AS DOUBLE) / NULLIF(3.0, 0)
          ) AS BIGINT) AS "period",
          'all' AS "segment",
          "t19"."amount"
        FROM (
          SELECT
            "t17"."spent_on",
            "t17"."channel",
            "t17"."amount",
            "t17"."kind",
            "t17"."month_start",
            "t17"."month_days",
            (
              "t17"."month_start" + LEAST(CAST(EXTRACT(day FROM "t17"."spent_on") AS BIGINT), "t17"."month_days")
            ) - 1 AS "day"
          FROM (
            SELECT
              "t4"."spent_on",
              "t4"."channel",
              "t4"."amount",
              "t4"."kind",
              DATE_DIFF(
                'DAY',
                MAKE_DATE(1970, 1, 1),
                MAKE_DATE(
                  CAST(CAST(FLOOR(
                    CAST((
                      (
                        (
                          (
                            CAST(EXTRACT(year FROM "t4"."spent_on") AS BIGINT) * 12
                          ) + EXTRACT(month FROM "t4"."spent_on")
                        ) - 1
                      ) + 0
                    ) * 1 AS DOUBLE) / NULLIF(12.0, 0)
                  ) AS BIGINT) AS INT),
                  CAST((
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
                        ) * 1 AS DOUBLE) / NULLIF(12.0, 0)
                      ) AS BIGINT) AS INT) * 12
                    )
                  ) + 1 AS INT),
                  1
                )
              ) AS "month_start",
              DATE_DIFF(
                'DAY',
                MAKE_DATE(1970, 1, 1),
                MAKE_DATE(
                  CAST(CAST(FLOOR(
                    CAST((
                      (
                        (
                          (
                            CAST(EXTRACT(year FROM "t4"."spent_on") AS BIGINT) * 12
                          ) + EXTRACT(month FROM "t4"."spent_on")
                        ) - 1
                      ) + 0 + 1
                    ) * 1 AS DOUBLE) / NULLIF(12.0, 0)
                  ) AS BIGINT) AS INT),
                  CAST((
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
                        ) * 1 AS DOUBLE) / NULLIF(12.0, 0)
                      ) AS BIGINT) AS INT) * 12
                    )
                  ) + 1 AS INT),
                  1
                )
              ) - DATE_DIFF(
                'DAY',
                MAKE_DATE(1970, 1, 1),
                MAKE_DATE(
                  CAST(CAST(FLOOR(
                    CAST((
                      (
                        (
                          (
                            CAST(EXTRACT(year FROM "t4"."spent_on") AS BIGINT) * 12
                          ) + EXTRACT(month FROM "t4"."spent_on")
                        ) - 1
                      ) + 0
                    ) * 1 AS DOUBLE) / NULLIF(12.0, 0)
                  ) AS BIGINT) AS INT),
                  CAST((
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
                        ) * 1 AS DOUBLE) / NULLIF(12.0, 0)
                      ) AS BIGINT) AS INT) * 12
                    )
                  ) + 1 AS INT),
                  1
                )
              ) AS "month_days"
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
                AND CAST("t1"."spent_on" AS TIMESTAMP) < MAKE_TIMESTAMP(2024, 6, 11, 0, 0, 0.0)
                AND NOT (
                  COALESCE(LOWER("t1"."kind") IN ('salaries', 'tools'), FALSE)
                )
            ) AS "t4"
          ) AS "t17"
        ) AS "t19"
      ) AS "t22"
      CROSS JOIN (
        SELECT
          *
        FROM "t26" AS "t27"
      ) AS "t29"
    ) AS "t31"
    WHERE
      "t31"."day" >= "t31"."begins" AND "t31"."day" < "t31"."end"
  ) AS "t33"
  GROUP BY
    1,
    2
), "t42" AS (
  SELECT
    "t38"."period" AS "shared_period",
    "t38"."amount" AS "shared"
  FROM "t36" AS "t38"
  WHERE
    "t38"."segment" IS NULL
)
SELECT
  *
FROM (
  SELECT
    MAKE_DATE(
      CAST(CAST(FLOOR(CAST("t55"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
      CAST((
        (
          "t55"."period" * 3
        ) - (
          CAST(CAST(FLOOR(CAST("t55"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
        )
      ) + 1 AS INT),
      1
    ) AS "period",
    "t55"."segment",
    CASE
      WHEN CASE
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST("t55"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  "t55"."period" * 3
                ) - (
                  CAST(CAST(FLOOR(CAST("t55"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= "t55"."end"
        THEN 'not_yet_observed'
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                "t55"."period" + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    "t55"."period" + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    "t55"."period" + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > "t55"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t60"."numerator", 0)
      ELSE CAST(NULL AS DOUBLE)
    END AS "numerator",
    CASE
      WHEN CASE
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST("t55"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  "t55"."period" * 3
                ) - (
                  CAST(CAST(FLOOR(CAST("t55"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= "t55"."end"
        THEN 'not_yet_observed'
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                "t55"."period" + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    "t55"."period" + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    "t55"."period" + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > "t55"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t60"."denominator", 0)
      ELSE CAST(NULL AS DOUBLE)
    END AS "denominator",
    CASE
      WHEN CASE
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST("t55"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  "t55"."period" * 3
                ) - (
                  CAST(CAST(FLOOR(CAST("t55"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= "t55"."end"
        THEN 'not_yet_observed'
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                "t55"."period" + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    "t55"."period" + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    "t55"."period" + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > "t55"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t60"."n", 0)
      ELSE CAST(NULL AS BIGINT)
    END AS "n",
    CASE
      WHEN CASE
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST("t55"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  "t55"."period" * 3
                ) - (
                  CAST(CAST(FLOOR(CAST("t55"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= "t55"."end"
        THEN 'not_yet_observed'
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                "t55"."period" + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    "t55"."period" + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    "t55"."period" + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > "t55"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t60"."sum_xx", 0)
      ELSE CAST(NULL AS DOUBLE)
    END AS "sum_xx",
    CASE
      WHEN CASE
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST("t55"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  "t55"."period" * 3
                ) - (
                  CAST(CAST(FLOOR(CAST("t55"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= "t55"."end"
        THEN 'not_yet_observed'
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                "t55"."period" + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    "t55"."period" + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    "t55"."period" + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > "t55"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t60"."sum_yy", 0)
      ELSE CAST(NULL AS DOUBLE)
    END AS "sum_yy",
    CASE
      WHEN CASE
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST("t55"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  "t55"."period" * 3
                ) - (
                  CAST(CAST(FLOOR(CAST("t55"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= "t55"."end"
        THEN 'not_yet_observed'
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                "t55"."period" + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    "t55"."period" + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    "t55"."period" + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > "t55"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t60"."sum_xy", 0)
      ELSE CAST(NULL AS DOUBLE)
    END AS "sum_xy",
    CASE
      WHEN CASE
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST("t55"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  "t55"."period" * 3
                ) - (
                  CAST(CAST(FLOOR(CAST("t55"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= "t55"."end"
        THEN 'not_yet_observed'
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                "t55"."period" + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    "t55"."period" + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    "t55"."period" + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > "t55"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t60"."sum_ww", 0)
      ELSE CAST(NULL AS DOUBLE)
    END AS "sum_ww",
    CASE
      WHEN (
        DATE_DIFF(
          'DAY',
          MAKE_DATE(1970, 1, 1),
          MAKE_DATE(
            CAST(CAST(FLOOR(CAST("t55"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
            CAST((
              (
                "t55"."period" * 3
              ) - (
                CAST(CAST(FLOOR(CAST("t55"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT),
            1
          )
        ) + 0
      ) >= "t55"."end"
      THEN 'not_yet_observed'
      WHEN (
        DATE_DIFF(
          'DAY',
          MAKE_DATE(1970, 1, 1),
          MAKE_DATE(
            CAST(CAST(FLOOR(CAST((
              "t55"."period" + 1
            ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
            CAST((
              (
                (
                  "t55"."period" + 1
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  "t55"."period" + 1
                ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT),
            1
          )
        ) + 0
      ) > "t55"."end"
      THEN 'partial'
      ELSE 'complete'
    END AS "status"
  FROM (
    SELECT
      "t50"."end",
      "t50"."first",
      "t50"."last",
      "t50"."period",
      'all' AS "segment"
    FROM (
      SELECT
        "t43"."end",
        "t43"."first",
        "t43"."last",
        UNNEST(RANGE("t43"."first" + 0, "t43"."last" + 1, 1)) AS "period"
      FROM (
        SELECT
          "t27"."end",
          CAST(FLOOR(
            CAST((
              (
                CAST(EXTRACT(year FROM MAKE_DATE(1970, 1, 1) + TO_DAYS(CAST((
                  "t27"."begins" * 1
                ) + 0 AS INT))) AS BIGINT) * 12
              ) + EXTRACT(month FROM MAKE_DATE(1970, 1, 1) + TO_DAYS(CAST((
                "t27"."begins" * 1
              ) + 0 AS INT)))
            ) - 1 AS DOUBLE) / NULLIF(3.0, 0)
          ) AS BIGINT) AS "first",
          CAST(FLOOR(
            CAST((
              (
                CAST(EXTRACT(year FROM MAKE_DATE(1970, 1, 1) + TO_DAYS(CAST((
                  (
                    "t27"."end" - 1
                  ) * 1
                ) + 0 AS INT))) AS BIGINT) * 12
              ) + EXTRACT(month FROM MAKE_DATE(1970, 1, 1) + TO_DAYS(CAST((
                (
                  "t27"."end" - 1
                ) * 1
              ) + 0 AS INT)))
            ) - 1 AS DOUBLE) / NULLIF(3.0, 0)
          ) AS BIGINT) AS "last"
        FROM "t26" AS "t27"
      ) AS "t43"
    ) AS "t50"
  ) AS "t55"
  LEFT OUTER JOIN (
    SELECT
      "t58"."period",
      "t58"."segment",
      SUM("t58"."x") AS "numerator",
      SUM("t58"."y") AS "denominator",
      SUM(CAST(CASE WHEN "t58"."y" <> 0 THEN 1 ELSE 0 END AS BIGINT)) AS "n",
      SUM("t58"."x" * "t58"."x") AS "sum_xx",
      SUM("t58"."y" * "t58"."y") AS "sum_yy",
      SUM("t58"."x" * "t58"."y") AS "sum_xy",
      0.0 AS "sum_ww"
    FROM (
      SELECT
        *
      FROM (
        SELECT
          *
        FROM (
          SELECT
            "t39"."customer_id",
            "t39"."period",
            "t39"."segment",
            (
              COALESCE("t44"."direct", 0.0) / NULLIF(CAST("t39"."few" AS DOUBLE), 0)
            ) + (
              COALESCE("t47"."shared", 0.0) / NULLIF(CAST("t39"."many" AS DOUBLE), 0)
            ) AS "x",
            1.0 AS "y"
          FROM (
            SELECT
              "t34"."customer_id",
              "t34"."period",
              "t34"."segment",
              COUNT(*) OVER (
                PARTITION BY "t34"."period", "t34"."segment"
                ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
              ) AS "few",
              COUNT(*) OVER (
                PARTITION BY "t34"."period"
                ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
              ) AS "many"
            FROM "t32" AS "t34"
          ) AS "t39"
          LEFT OUTER JOIN (
            SELECT
              "t38"."period" AS "direct_period",
              "t38"."segment" AS "direct_segment",
              "t38"."amount" AS "direct"
            FROM "t36" AS "t38"
            WHERE
              "t38"."segment" IS NOT NULL
          ) AS "t44"
            ON "t39"."period" = "t44"."direct_period"
            AND "t39"."segment" = "t44"."direct_segment"
          LEFT OUTER JOIN "t42" AS "t47"
            ON "t39"."period" = "t47"."shared_period"
        ) AS "t52"
        UNION ALL
        SELECT
          *
        FROM (
          SELECT
            CAST(NULL AS TEXT) AS "customer_id",
            "t53"."period",
            "t53"."segment",
            "t53"."x",
            0.0 AS "y"
          FROM (
            SELECT
              *
            FROM (
              SELECT
                "t45"."period",
                "t45"."segment",
                "t45"."amount" AS "x"
              FROM (
                SELECT
                  *
                FROM "t36" AS "t38"
                WHERE
                  "t38"."segment" IS NOT NULL
              ) AS "t45"
              ANTI JOIN "t32" AS "t35"
                ON "t45"."period" = "t35"."period" AND "t45"."segment" = "t35"."segment"
            ) AS "t49"
            UNION ALL
            SELECT
              *
            FROM (
              SELECT
                "t48"."shared_period" AS "period",
                'unknown' AS "segment",
                "t48"."shared" AS "x"
              FROM "t42" AS "t48"
              ANTI JOIN "t32" AS "t35"
                ON "t48"."shared_period" = "t35"."period"
            ) AS "t51"
          ) AS "t53"
        ) AS "t56"
      ) AS "t57"
    ) AS "t58"
    GROUP BY
      1,
      2
  ) AS "t60"
    ON "t55"."period" = "t60"."period" AND "t55"."segment" = "t60"."segment"
) AS "t61"
ORDER BY
  "t61"."period" ASC,
  "t61"."segment" ASC
