WITH "t2" AS (
  SELECT
    MIN("t1"."opened_at") AS "oldest"
  FROM (
    SELECT
      "t0"."ticket_id",
      "t0"."customer_id",
      "t0"."opened_at",
      "t0"."first_response_at",
      "t0"."resolved_at",
      CAST(EXTRACT(epoch FROM CAST(DATE("t0"."opened_at") AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) AS "day",
      0 AS "period",
      'all' AS "segment"
    FROM "tickets" AS "t0"
    WHERE
      "t0"."opened_at" IS NOT NULL
      AND "t0"."opened_at" < CAST('2024-06-11T00:00:00' AS TIMESTAMP)
  ) AS "t1"
), "t8" AS (
  SELECT
    "t6"."customer_id",
    "t6"."segment",
    UNNEST(
      CASE
        WHEN NULLIF(1, 0) IS NOT NULL
        AND SIGN(1) = SIGN(COALESCE("t6"."kk_over", "t7"."kk_beyond") - "t6"."kk_from")
        THEN ARRAY_REMOVE(
          ARRAY(SELECT
            *
          FROM GENERATE_SERIES("t6"."kk_from", COALESCE("t6"."kk_over", "t7"."kk_beyond"), 1)),
          COALESCE("t6"."kk_over", "t7"."kk_beyond")
        )
        ELSE CAST(ARRAY[] AS BIGINT[])
      END
    ) AS "period",
    1 AS "x",
    1 AS "y"
  FROM (
    SELECT
      "t0"."customer_id",
      'all' AS "segment",
      CAST(FLOOR(
        CAST((
          (
            CAST(EXTRACT(year FROM "t0"."opened_at") AS BIGINT) * 12
          ) + EXTRACT(month FROM "t0"."opened_at")
        ) - 1 AS DOUBLE PRECISION) / NULLIF(3.0, 0)
      ) AS BIGINT) AS "kk_from",
      CASE
        WHEN COALESCE("t0"."resolved_at" < CAST(MAKE_DATE(2024, 6, 11) AS TIMESTAMP), FALSE)
        THEN CAST(FLOOR(
          CAST((
            (
              CAST(EXTRACT(year FROM "t0"."resolved_at") AS BIGINT) * 12
            ) + EXTRACT(month FROM "t0"."resolved_at")
          ) - 1 AS DOUBLE PRECISION) / NULLIF(3.0, 0)
        ) AS BIGINT)
        ELSE CAST(NULL AS BIGINT)
      END AS "kk_over"
    FROM "tickets" AS "t0"
    WHERE
      "t0"."opened_at" IS NOT NULL
      AND "t0"."opened_at" < CAST('2024-06-11T00:00:00' AS TIMESTAMP)
  ) AS "t6"
  CROSS JOIN (
    SELECT
      CAST(FLOOR(
        CAST((
          (
            CAST(EXTRACT(year FROM MAKE_DATE(2024, 6, 11) - INTERVAL '1 DAY') AS BIGINT) * 12
          ) + EXTRACT(month FROM MAKE_DATE(2024, 6, 11) - INTERVAL '1 DAY')
        ) - 1 AS DOUBLE PRECISION) / NULLIF(3.0, 0)
      ) AS BIGINT) + 1 AS "kk_beyond"
    FROM "t2" AS "t3"
  ) AS "t7"
)
SELECT
  *
FROM (
  SELECT
    MAKE_DATE(
      CAST(CAST(CAST(FLOOR(CAST("t17"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
      CAST(CAST((
        (
          "t17"."period" * 3
        ) - (
          CAST(CAST(FLOOR(CAST("t17"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
        )
      ) + 1 AS INT) AS INT),
      CAST(1 AS INT)
    ) AS "period",
    "t17"."segment",
    CASE
      WHEN CASE
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST("t17"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                "t17"."period" * 3
              ) - (
                CAST(CAST(FLOOR(CAST("t17"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
        ) >= "t17"."end"
        THEN 'not_yet_observed'
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST((
              "t17"."period" + 1
            ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                (
                  "t17"."period" + 1
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  "t17"."period" + 1
                ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
        ) > "t17"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t20"."numerator", 0)
      ELSE CAST(NULL AS DOUBLE PRECISION)
    END AS "numerator",
    CAST(NULL AS DOUBLE PRECISION) AS "denominator",
    CASE
      WHEN CASE
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST("t17"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                "t17"."period" * 3
              ) - (
                CAST(CAST(FLOOR(CAST("t17"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
        ) >= "t17"."end"
        THEN 'not_yet_observed'
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST((
              "t17"."period" + 1
            ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                (
                  "t17"."period" + 1
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  "t17"."period" + 1
                ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
        ) > "t17"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t20"."n", 0)
      ELSE CAST(NULL AS BIGINT)
    END AS "n",
    CASE
      WHEN CASE
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST("t17"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                "t17"."period" * 3
              ) - (
                CAST(CAST(FLOOR(CAST("t17"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
        ) >= "t17"."end"
        THEN 'not_yet_observed'
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST((
              "t17"."period" + 1
            ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                (
                  "t17"."period" + 1
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  "t17"."period" + 1
                ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
        ) > "t17"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t20"."sum_xx", 0)
      ELSE CAST(NULL AS DOUBLE PRECISION)
    END AS "sum_xx",
    CASE
      WHEN CASE
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST("t17"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                "t17"."period" * 3
              ) - (
                CAST(CAST(FLOOR(CAST("t17"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
        ) >= "t17"."end"
        THEN 'not_yet_observed'
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST((
              "t17"."period" + 1
            ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                (
                  "t17"."period" + 1
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  "t17"."period" + 1
                ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
        ) > "t17"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t20"."sum_yy", 0)
      ELSE CAST(NULL AS DOUBLE PRECISION)
    END AS "sum_yy",
    CASE
      WHEN CASE
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST("t17"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                "t17"."period" * 3
              ) - (
                CAST(CAST(FLOOR(CAST("t17"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
        ) >= "t17"."end"
        THEN 'not_yet_observed'
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST((
              "t17"."period" + 1
            ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                (
                  "t17"."period" + 1
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  "t17"."period" + 1
                ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
        ) > "t17"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t20"."sum_xy", 0)
      ELSE CAST(NULL AS DOUBLE PRECISION)
    END AS "sum_xy",
    CASE
      WHEN CASE
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST("t17"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                "t17"."period" * 3
              ) - (
                CAST(CAST(FLOOR(CAST("t17"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
        ) >= "t17"."end"
        THEN 'not_yet_observed'
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST((
              "t17"."period" + 1
            ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                (
                  "t17"."period" + 1
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  "t17"."period" + 1
                ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
        ) > "t17"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t20"."sum_ww", 0)
      ELSE CAST(NULL AS DOUBLE PRECISION)
    END AS "sum_ww",
    CASE
      WHEN (
        CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
          CAST(CAST(CAST(FLOOR(CAST("t17"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
          CAST(CAST((
            (
              "t17"."period" * 3
            ) - (
              CAST(CAST(FLOOR(CAST("t17"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
            )
          ) + 1 AS INT) AS INT),
          CAST(1 AS INT)
        ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
      ) >= "t17"."end"
      THEN 'not_yet_observed'
      WHEN (
        CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
          CAST(CAST(CAST(FLOOR(CAST((
            "t17"."period" + 1
          ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
          CAST(CAST((
            (
              (
                "t17"."period" + 1
              ) * 3
            ) - (
              CAST(CAST(FLOOR(CAST((
                "t17"."period" + 1
              ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
            )
          ) + 1 AS INT) AS INT),
          CAST(1 AS INT)
        ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
      ) > "t17"."end"
      THEN 'partial'
      ELSE 'complete'
    END AS "status"
  FROM (
    SELECT
      "t13"."end",
      "t13"."first",
      "t13"."last",
      "t13"."period",
      'all' AS "segment"
    FROM (
      SELECT
        "t9"."end",
        "t9"."first",
        "t9"."last",
        UNNEST(
          CASE
            WHEN NULLIF(1, 0) IS NOT NULL
            AND SIGN(1) = SIGN((
              "t9"."last" + 1
            ) - (
              "t9"."first" + 0
            ))
            THEN ARRAY_REMOVE(
              ARRAY(SELECT
                *
              FROM GENERATE_SERIES("t9"."first" + 0, "t9"."last" + 1, 1)),
              "t9"."last" + 1
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
                CAST(EXTRACT(year FROM "t3"."oldest") AS BIGINT) * 12
              ) + EXTRACT(month FROM "t3"."oldest")
            ) - 1 AS DOUBLE PRECISION) / NULLIF(3.0, 0)
          ) AS BIGINT) AS "first",
          CAST(FLOOR(
            CAST((
              (
                CAST(EXTRACT(year FROM MAKE_DATE(2024, 6, 11) - INTERVAL '1 DAY') AS BIGINT) * 12
              ) + EXTRACT(month FROM MAKE_DATE(2024, 6, 11) - INTERVAL '1 DAY')
            ) - 1 AS DOUBLE PRECISION) / NULLIF(3.0, 0)
          ) AS BIGINT) AS "last"
        FROM "t2" AS "t3"
      ) AS "t9"
    ) AS "t13"
  ) AS "t17"
  LEFT OUTER JOIN (
    SELECT
      "t18"."period",
      "t18"."segment",
      SUM("t18"."x") AS "numerator",
      SUM("t18"."y") AS "denominator",
      COUNT(*) AS "n",
      SUM("t18"."x" * "t18"."x") AS "sum_xx",
      SUM("t18"."y" * "t18"."y") AS "sum_yy",
      SUM("t18"."x" * "t18"."y") AS "sum_xy",
      0.0 AS "sum_ww"
    FROM (
      SELECT
        *
      FROM (
        SELECT
          *
        FROM (
          SELECT
            "t12"."customer_id",
            "t12"."period",
            "t12"."segment",
            SUM("t12"."x") AS "x",
            SUM("t12"."y") AS "y"
          FROM (
            SELECT
              "t10"."customer_id",
              "t10"."period",
              "t10"."segment",
              CAST("t10"."x" AS DOUBLE PRECISION) AS "x",
              CAST("t10"."y" AS DOUBLE PRECISION) AS "y"
            FROM "t8" AS "t10"
            WHERE
              "t10"."customer_id" IS NOT NULL
          ) AS "t12"
          GROUP BY
            1,
            2,
            3
        ) AS "t14"
        UNION ALL
        SELECT
          *
        FROM (
          SELECT
            "t10"."customer_id",
            "t10"."period",
            "t10"."segment",
            CAST("t10"."x" AS DOUBLE PRECISION) AS "x",
            CAST("t10"."y" AS DOUBLE PRECISION) AS "y"
          FROM "t8" AS "t10"
          WHERE
            "t10"."customer_id" IS NULL
        ) AS "t11"
      ) AS "t16"
    ) AS "t18"
    GROUP BY
      1,
      2
  ) AS "t20"
    ON "t17"."period" = "t20"."period" AND "t17"."segment" = "t20"."segment"
) AS "t21"
ORDER BY
  "t21"."period" ASC,
  "t21"."segment" ASC
