WITH "t2" AS (
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
      AND "t0"."ordered_at" < CAST('2024-06-11T00:00:00' AS TIMESTAMP)
  ) AS "t1"
), "t3" AS (
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
), "t12" AS (
  SELECT
    *
  FROM (
    SELECT
      "t5"."customer_id",
      "t5"."period",
      "t5"."segment",
      SUM("t5"."amount") AS "amount",
      SUM(CAST(CASE WHEN "t5"."is_activity" THEN 1 ELSE 0 END AS BIGINT)) AS "orders",
      MIN("t5"."ordered_at") FILTER(WHERE
        "t5"."is_activity") AS "first_at",
      MAX("t5"."ordered_at") FILTER(WHERE
        "t5"."is_activity") AS "last_at"
    FROM "t3" AS "t5"
    GROUP BY
      1,
      2,
      3
  ) AS "t11"
  WHERE
    "t11"."orders" > 0
), "t18" AS (
  SELECT
    "t14"."end",
    "t14"."first",
    "t14"."last",
    UNNEST(
      CASE
        WHEN NULLIF(1, 0) IS NOT NULL
        AND SIGN(1) = SIGN((
          "t14"."last" + 1
        ) - (
          "t14"."first" + 0
        ))
        THEN ARRAY_REMOVE(
          ARRAY(SELECT
            *
          FROM GENERATE_SERIES("t14"."first" + 0, "t14"."last" + 1, 1)),
          "t14"."last" + 1
        )
        ELSE CAST(ARRAY[] AS BIGINT[])
      END
    ) AS "period"
  FROM (
    SELECT
      CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(2024, 6, 11) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) AS "end",
      CAST(FLOOR(
        CAST((
          (
            CAST(EXTRACT(year FROM "t4"."oldest") AS BIGINT) * 12
          ) + EXTRACT(month FROM "t4"."oldest")
        ) - 1 AS DOUBLE PRECISION) / NULLIF(3.0, 0)
      ) AS BIGINT) AS "first",
      CAST(FLOOR(
        CAST((
          (
            CAST(EXTRACT(year FROM MAKE_DATE(2024, 6, 11) - INTERVAL '1 DAY') AS BIGINT) * 12
          ) + EXTRACT(month FROM MAKE_DATE(2024, 6, 11) - INTERVAL '1 DAY')
        ) - 1 AS DOUBLE PRECISION) / NULLIF(3.0, 0)
      ) AS BIGINT) AS "last"
    FROM "t2" AS "t4"
  ) AS "t14"
), "t24" AS (
  SELECT
    "t21"."customer_id",
    MIN(
      CAST(EXTRACT(epoch FROM CAST(DATE("t21"."first_at") AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT)
    ) AS "first_day",
    MIN("t21"."period") AS "period",
    MIN("t21"."segment") AS "segment"
  FROM (
    SELECT
      "t17"."customer_id",
      "t17"."first_at",
      "t15"."period",
      "t15"."segment",
      "t15"."amount",
      "t15"."orders",
      "t15"."last_at"
    FROM (
      SELECT
        "t13"."customer_id",
        MIN("t13"."first_at") AS "first_at"
      FROM "t12" AS "t13"
      GROUP BY
        1
    ) AS "t17"
    INNER JOIN "t12" AS "t15"
      ON "t17"."customer_id" = "t15"."customer_id" AND "t17"."first_at" = "t15"."first_at"
  ) AS "t21"
  GROUP BY
    1
)
SELECT
  *
FROM (
  SELECT
    MAKE_DATE(
      CAST(CAST(CAST(FLOOR(CAST("t23"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
      CAST(CAST((
        (
          "t23"."period" * 3
        ) - (
          CAST(CAST(FLOOR(CAST("t23"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
        )
      ) + 1 AS INT) AS INT),
      CAST(1 AS INT)
    ) AS "period",
    "t23"."segment",
    CASE
      WHEN CASE
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST("t23"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                "t23"."period" * 3
              ) - (
                CAST(CAST(FLOOR(CAST("t23"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
        ) >= "t23"."end"
        THEN 'not_yet_observed'
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST((
              "t23"."period" + 1
            ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                (
                  "t23"."period" + 1
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  "t23"."period" + 1
                ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
        ) > "t23"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t42"."numerator", 0)
      ELSE CAST(NULL AS DOUBLE PRECISION)
    END AS "numerator",
    CASE
      WHEN CASE
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST("t23"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                "t23"."period" * 3
              ) - (
                CAST(CAST(FLOOR(CAST("t23"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
        ) >= "t23"."end"
        THEN 'not_yet_observed'
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST((
              "t23"."period" + 1
            ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                (
                  "t23"."period" + 1
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  "t23"."period" + 1
                ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
        ) > "t23"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t42"."denominator", 0)
      ELSE CAST(NULL AS DOUBLE PRECISION)
    END AS "denominator",
    CASE
      WHEN CASE
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST("t23"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                "t23"."period" * 3
              ) - (
                CAST(CAST(FLOOR(CAST("t23"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
        ) >= "t23"."end"
        THEN 'not_yet_observed'
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST((
              "t23"."period" + 1
            ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                (
                  "t23"."period" + 1
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  "t23"."period" + 1
                ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
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
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST("t23"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                "t23"."period" * 3
              ) - (
                CAST(CAST(FLOOR(CAST("t23"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
        ) >= "t23"."end"
        THEN 'not_yet_observed'
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST((
              "t23"."period" + 1
            ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                (
                  "t23"."period" + 1
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  "t23"."period" + 1
                ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
        ) > "t23"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t42"."sum_xx", 0)
      ELSE CAST(NULL AS DOUBLE PRECISION)
    END AS "sum_xx",
    CASE
      WHEN CASE
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST("t23"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                "t23"."period" * 3
              ) - (
                CAST(CAST(FLOOR(CAST("t23"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
        ) >= "t23"."end"
        THEN 'not_yet_observed'
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST((
              "t23"."period" + 1
            ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                (
                  "t23"."period" + 1
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  "t23"."period" + 1
                ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
        ) > "t23"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t42"."sum_yy", 0)
      ELSE CAST(NULL AS DOUBLE PRECISION)
    END AS "sum_yy",
    CASE
      WHEN CASE
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST("t23"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                "t23"."period" * 3
              ) - (
                CAST(CAST(FLOOR(CAST("t23"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
        ) >= "t23"."end"
        THEN 'not_yet_observed'
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST((
              "t23"."period" + 1
            ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                (
                  "t23"."period" + 1
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  "t23"."period" + 1
                ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
        ) > "t23"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t42"."sum_xy", 0)
      ELSE CAST(NULL AS DOUBLE PRECISION)
    END AS "sum_xy",
    CASE
      WHEN CASE
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST("t23"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                "t23"."period" * 3
              ) - (
                CAST(CAST(FLOOR(CAST("t23"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
        ) >= "t23"."end"
        THEN 'not_yet_observed'
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST((
              "t23"."period" + 1
            ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                (
                  "t23"."period" + 1
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  "t23"."period" + 1
                ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
        ) > "t23"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t42"."sum_ww", 0)
      ELSE CAST(NULL AS DOUBLE PRECISION)
    END AS "sum_ww",
    CASE
      WHEN (
        CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
          CAST(CAST(CAST(FLOOR(CAST("t23"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
          CAST(CAST((
            (
              "t23"."period" * 3
            ) - (
              CAST(CAST(FLOOR(CAST("t23"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
            )
          ) + 1 AS INT) AS INT),
          CAST(1 AS INT)
        ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
      ) >= "t23"."end"
      THEN 'not_yet_observed'
      WHEN (
        CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
          CAST(CAST(CAST(FLOOR(CAST((
            "t23"."period" + 1
          ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
          CAST(CAST((
            (
              (
                "t23"."period" + 1
              ) * 3
            ) - (
              CAST(CAST(FLOOR(CAST((
                "t23"."period" + 1
              ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
            )
          ) + 1 AS INT) AS INT),
          CAST(1 AS INT)
        ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
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
    FROM "t18" AS "t19"
  ) AS "t23"
  LEFT OUTER JOIN (
    SELECT
      "t39"."period",
      "t39"."segment",
      COALESCE("t40"."numerator", 0) AS "numerator",
      "t39"."denominator",
      "t39"."n",
      COALESCE("t40"."sum_xx", 0) AS "sum_xx",
      "t39"."sum_yy",
      COALESCE("t40"."sum_xy", 0) AS "sum_xy",
      0.0 AS "sum_ww"
    FROM (
      SELECT
        "t35"."period",
        "t35"."segment",
        SUM("t35"."alike" * "t35"."years") AS "denominator",
        SUM("t35"."alike") AS "n",
        SUM("t35"."alike" * "t35"."years" * "t35"."years") AS "sum_yy"
      FROM (
        SELECT
          *
        FROM (
          SELECT
            "t32"."first_day",
            "t32"."segment",
            "t32"."alike",
            "t32"."end",
            "t32"."first",
            "t32"."last",
            "t32"."period",
            CAST((
              LEAST(
                CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
                  CAST(CAST(CAST(FLOOR(CAST((
                    "t32"."period" + 1
                  ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
                  CAST(CAST((
                    (
                      (
                        "t32"."period" + 1
                      ) * 3
                    ) - (
                      CAST(CAST(FLOOR(CAST((
                        "t32"."period" + 1
                      ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                    )
                  ) + 1 AS INT) AS INT),
                  CAST(1 AS INT)
                ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT),
                "t32"."end"
              ) - 1
            ) - GREATEST(
              "t32"."first_day",
              CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
                CAST(CAST(CAST(FLOOR(CAST((
                  "t32"."period" + 0
                ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
                CAST(CAST((
                  (
                    (
                      "t32"."period" + 0
                    ) * 3
                  ) - (
                    CAST(CAST(FLOOR(CAST((
                      "t32"."period" + 0
                    ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                  )
                ) + 1 AS INT) AS INT),
                CAST(1 AS INT)
              ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) - 1
            ) AS DOUBLE PRECISION) / NULLIF(365.25, 0) AS "years"
          FROM (
            SELECT
              "t29"."first_day",
              "t29"."segment",
              "t29"."alike",
              "t20"."end",
              "t20"."first",
              "t20"."last",
              "t20"."period"
            FROM (
              SELECT
                "t25"."first_day",
                "t25"."segment",
                COUNT(*) AS "alike"
              FROM "t24" AS "t25"
              GROUP BY
                1,
                2
            ) AS "t29"
            CROSS JOIN "t18" AS "t20"
          ) AS "t32"
        ) AS "t34"
        WHERE
          "t34"."years" > 0
      ) AS "t35"
      GROUP BY
        1,
        2
    ) AS "t39"
    LEFT OUTER JOIN (
      SELECT
        "t36"."period",
        "t36"."segment",
        SUM("t36"."x") AS "numerator",
        SUM("t36"."x" * "t36"."x") AS "sum_xx",
        SUM("t36"."x" * "t36"."y") AS "sum_xy"
      FROM (
        SELECT
          "t33"."customer_id",
          "t33"."period",
          CAST("t33"."x" AS DOUBLE PRECISION) AS "x",
          "t33"."first_day",
          "t33"."segment",
          "t33"."end",
          CAST((
            LEAST(
              CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
                CAST(CAST(CAST(FLOOR(CAST((
                  "t33"."period" + 1
                ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
                CAST(CAST((
                  (
                    (
                      "t33"."period" + 1
                    ) * 3
                  ) - (
                    CAST(CAST(FLOOR(CAST((
                      "t33"."period" + 1
                    ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                  )
                ) + 1 AS INT) AS INT),
                CAST(1 AS INT)
              ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT),
              "t33"."end"
            ) - 1
          ) - GREATEST(
            "t33"."first_day",
            CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
              CAST(CAST(CAST(FLOOR(CAST((
                "t33"."period" + 0
              ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
              CAST(CAST((
                (
                  (
                    "t33"."period" + 0
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    "t33"."period" + 0
                  ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT) AS INT),
              CAST(1 AS INT)
            ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) - 1
          ) AS DOUBLE PRECISION) / NULLIF(365.25, 0) AS "y"
        FROM (
          SELECT
            "t10"."customer_id",
            "t10"."period",
            "t10"."visits" - CAST(CASE WHEN "t10"."period" = "t31"."opening" THEN 1 ELSE 0 END AS BIGINT) AS "x",
            "t30"."first_day",
            "t30"."segment",
            "t7"."end"
          FROM (
            SELECT
              "t8"."customer_id",
              "t8"."period",
              COUNT(*) AS "visits"
            FROM (
              SELECT DISTINCT
                "t5"."customer_id",
                "t5"."period",
                "t5"."day"
              FROM "t3" AS "t5"
              WHERE
                "t5"."is_activity"
            ) AS "t8"
            GROUP BY
              1,
              2
          ) AS "t10"
          INNER JOIN (
            SELECT
              "t25"."customer_id",
              "t25"."period" AS "opening"
            FROM "t24" AS "t25"
          ) AS "t31"
            ON "t10"."customer_id" = "t31"."customer_id"
          INNER JOIN (
            SELECT
              "t25"."customer_id",
              "t25"."first_day",
              "t25"."segment"
            FROM "t24" AS "t25"
          ) AS "t30"
            ON "t10"."customer_id" = "t30"."customer_id"
          CROSS JOIN (
            SELECT
              CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(2024, 6, 11) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) AS "end"
            FROM "t2" AS "t4"
          ) AS "t7"
        ) AS "t33"
      ) AS "t36"
      GROUP BY
        1,
        2
    ) AS "t40"
      ON "t39"."period" = "t40"."period" AND "t39"."segment" = "t40"."segment"
  ) AS "t42"
    ON "t23"."period" = "t42"."period" AND "t23"."segment" = "t42"."segment"
) AS "t43"
ORDER BY
  "t43"."period" ASC,
  "t43"."segment" ASC
