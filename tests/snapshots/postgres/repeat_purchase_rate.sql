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
      AND "t0"."ordered_at" < CAST('2024-06-11T00:00:00' AS TIMESTAMP)
  ) AS "t1"
), "t11" AS (
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
  ) AS "t10"
  WHERE
    "t10"."orders" > 0
), "t21" AS (
  SELECT
    "t18"."customer_id",
    MIN(
      CAST(EXTRACT(epoch FROM CAST(DATE("t18"."first_at") AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT)
    ) AS "first_day",
    MIN("t18"."period") AS "period",
    MIN("t18"."segment") AS "segment"
  FROM (
    SELECT
      "t16"."customer_id",
      "t16"."first_at",
      "t13"."period",
      "t13"."segment",
      "t13"."amount",
      "t13"."orders",
      "t13"."last_at"
    FROM (
      SELECT
        "t12"."customer_id",
        MIN("t12"."first_at") AS "first_at"
      FROM "t11" AS "t12"
      GROUP BY
        1
    ) AS "t16"
    INNER JOIN "t11" AS "t13"
      ON "t16"."customer_id" = "t13"."customer_id" AND "t16"."first_at" = "t13"."first_at"
  ) AS "t18"
  GROUP BY
    1
)
SELECT
  *
FROM (
  SELECT
    MAKE_DATE(
      CAST(CAST(CAST(FLOOR(CAST("t20"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
      CAST(CAST((
        (
          "t20"."period" * 3
        ) - (
          CAST(CAST(FLOOR(CAST("t20"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
        )
      ) + 1 AS INT) AS INT),
      CAST(1 AS INT)
    ) AS "period",
    "t20"."segment",
    CASE
      WHEN CASE
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST("t20"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                "t20"."period" * 3
              ) - (
                CAST(CAST(FLOOR(CAST("t20"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 90
        ) >= "t20"."end"
        THEN 'not_yet_observed'
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST((
              "t20"."period" + 1
            ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                (
                  "t20"."period" + 1
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  "t20"."period" + 1
                ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 90
        ) > "t20"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t35"."numerator", 0)
      ELSE CAST(NULL AS DOUBLE PRECISION)
    END AS "numerator",
    CASE
      WHEN CASE
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST("t20"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                "t20"."period" * 3
              ) - (
                CAST(CAST(FLOOR(CAST("t20"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 90
        ) >= "t20"."end"
        THEN 'not_yet_observed'
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST((
              "t20"."period" + 1
            ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                (
                  "t20"."period" + 1
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  "t20"."period" + 1
                ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 90
        ) > "t20"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t35"."denominator", 0)
      ELSE CAST(NULL AS DOUBLE PRECISION)
    END AS "denominator",
    CASE
      WHEN CASE
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST("t20"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                "t20"."period" * 3
              ) - (
                CAST(CAST(FLOOR(CAST("t20"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 90
        ) >= "t20"."end"
        THEN 'not_yet_observed'
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST((
              "t20"."period" + 1
            ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                (
                  "t20"."period" + 1
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  "t20"."period" + 1
                ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 90
        ) > "t20"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t35"."n", 0)
      ELSE CAST(NULL AS BIGINT)
    END AS "n",
    CASE
      WHEN CASE
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST("t20"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                "t20"."period" * 3
              ) - (
                CAST(CAST(FLOOR(CAST("t20"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 90
        ) >= "t20"."end"
        THEN 'not_yet_observed'
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST((
              "t20"."period" + 1
            ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                (
                  "t20"."period" + 1
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  "t20"."period" + 1
                ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 90
        ) > "t20"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t35"."sum_xx", 0)
      ELSE CAST(NULL AS DOUBLE PRECISION)
    END AS "sum_xx",
    CASE
      WHEN CASE
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST("t20"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                "t20"."period" * 3
              ) - (
                CAST(CAST(FLOOR(CAST("t20"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 90
        ) >= "t20"."end"
        THEN 'not_yet_observed'
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST((
              "t20"."period" + 1
            ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                (
                  "t20"."period" + 1
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  "t20"."period" + 1
                ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 90
        ) > "t20"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t35"."sum_yy", 0)
      ELSE CAST(NULL AS DOUBLE PRECISION)
    END AS "sum_yy",
    CASE
      WHEN CASE
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST("t20"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                "t20"."period" * 3
              ) - (
                CAST(CAST(FLOOR(CAST("t20"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 90
        ) >= "t20"."end"
        THEN 'not_yet_observed'
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST((
              "t20"."period" + 1
            ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                (
                  "t20"."period" + 1
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  "t20"."period" + 1
                ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 90
        ) > "t20"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t35"."sum_xy", 0)
      ELSE CAST(NULL AS DOUBLE PRECISION)
    END AS "sum_xy",
    CASE
      WHEN CASE
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST("t20"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                "t20"."period" * 3
              ) - (
                CAST(CAST(FLOOR(CAST("t20"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 90
        ) >= "t20"."end"
        THEN 'not_yet_observed'
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST((
              "t20"."period" + 1
            ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                (
                  "t20"."period" + 1
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  "t20"."period" + 1
                ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 90
        ) > "t20"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t35"."sum_ww", 0)
      ELSE CAST(NULL AS DOUBLE PRECISION)
    END AS "sum_ww",
    CASE
      WHEN (
        CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
          CAST(CAST(CAST(FLOOR(CAST("t20"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
          CAST(CAST((
            (
              "t20"."period" * 3
            ) - (
              CAST(CAST(FLOOR(CAST("t20"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
            )
          ) + 1 AS INT) AS INT),
          CAST(1 AS INT)
        ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 90
      ) >= "t20"."end"
      THEN 'not_yet_observed'
      WHEN (
        CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
          CAST(CAST(CAST(FLOOR(CAST((
            "t20"."period" + 1
          ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
          CAST(CAST((
            (
              (
                "t20"."period" + 1
              ) * 3
            ) - (
              CAST(CAST(FLOOR(CAST((
                "t20"."period" + 1
              ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
            )
          ) + 1 AS INT) AS INT),
          CAST(1 AS INT)
        ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 90
      ) > "t20"."end"
      THEN 'partial'
      ELSE 'complete'
    END AS "status"
  FROM (
    SELECT
      "t17"."end",
      "t17"."first",
      "t17"."last",
      "t17"."period",
      'all' AS "segment"
    FROM (
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
                CAST(EXTRACT(year FROM "t7"."oldest") AS BIGINT) * 12
              ) + EXTRACT(month FROM "t7"."oldest")
            ) - 1 AS DOUBLE PRECISION) / NULLIF(3.0, 0)
          ) AS BIGINT) AS "first",
          CAST(FLOOR(
            CAST((
              (
                CAST(EXTRACT(year FROM MAKE_DATE(2024, 6, 11) - INTERVAL '1 DAY') AS BIGINT) * 12
              ) + EXTRACT(month FROM MAKE_DATE(2024, 6, 11) - INTERVAL '1 DAY')
            ) - 1 AS DOUBLE PRECISION) / NULLIF(3.0, 0)
          ) AS BIGINT) AS "last"
        FROM "t4" AS "t7"
      ) AS "t14"
    ) AS "t17"
  ) AS "t20"
  LEFT OUTER JOIN (
    SELECT
      "t33"."period",
      "t33"."segment",
      SUM("t33"."x") AS "numerator",
      SUM("t33"."y") AS "denominator",
      COUNT(*) AS "n",
      SUM("t33"."x" * "t33"."x") AS "sum_xx",
      SUM("t33"."y" * "t33"."y") AS "sum_yy",
      SUM("t33"."x" * "t33"."y") AS "sum_xy",
      0.0 AS "sum_ww"
    FROM (
      SELECT
        "t32"."customer_id",
        "t32"."period",
        "t32"."segment",
        CAST("t32"."x" AS DOUBLE PRECISION) AS "x",
        CAST("t32"."y" AS DOUBLE PRECISION) AS "y"
      FROM (
        SELECT
          "t29"."customer_id",
          "t29"."period",
          "t29"."segment",
          CAST(CASE WHEN "t31"."customer_id" IS NOT NULL THEN 1 ELSE 0 END AS BIGINT) AS "x",
          1 AS "y"
        FROM (
          SELECT
            *
          FROM (
            SELECT
              "t23"."customer_id",
              "t23"."first_day",
              "t23"."period",
              "t23"."segment",
              "t9"."end"
            FROM "t21" AS "t23"
            CROSS JOIN (
              SELECT
                CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(2024, 6, 11) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) AS "end"
              FROM "t4" AS "t7"
            ) AS "t9"
          ) AS "t25"
          WHERE
            (
              "t25"."first_day" + 90
            ) < "t25"."end"
        ) AS "t29"
        LEFT OUTER JOIN (
          SELECT DISTINCT
            "t28"."customer_id"
          FROM (
            SELECT
              "t5"."customer_id",
              "t5"."ordered_at",
              "t5"."is_activity",
              "t5"."day",
              "t5"."period",
              "t5"."segment",
              "t5"."amount",
              "t26"."first_day"
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
                  CAST(EXTRACT(epoch FROM CAST(DATE("t0"."ordered_at") AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) AS "day",
                  0 AS "period",
                  'all' AS "segment",
                  "t0"."amount"
                FROM "orders" AS "t0"
                WHERE
                  "t0"."customer_id" IS NOT NULL
                  AND "t0"."ordered_at" IS NOT NULL
                  AND "t0"."ordered_at" < CAST('2024-06-11T00:00:00' AS TIMESTAMP)
              ) AS "t2"
              WHERE
                "t2"."is_activity"
            ) AS "t5"
            INNER JOIN (
              SELECT
                "t22"."customer_id",
                "t22"."first_day"
              FROM "t21" AS "t22"
            ) AS "t26"
              ON "t5"."customer_id" = "t26"."customer_id"
          ) AS "t28"
          WHERE
            "t28"."day" > "t28"."first_day" AND "t28"."day" <= (
              "t28"."first_day" + 90
            )
        ) AS "t31"
          ON "t29"."customer_id" = "t31"."customer_id"
      ) AS "t32"
    ) AS "t33"
    GROUP BY
      1,
      2
  ) AS "t35"
    ON "t20"."period" = "t35"."period" AND "t20"."segment" = "t35"."segment"
) AS "t36"
ORDER BY
  "t36"."period" ASC,
  "t36"."segment" ASC
