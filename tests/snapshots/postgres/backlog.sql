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
), "t13" AS (
  SELECT
    *
  FROM (
    SELECT
      "t7"."customer_id",
      "t7"."segment",
      UNNEST(
        CASE
          WHEN NULLIF(1, 0) IS NOT NULL
          AND SIGN(1) = SIGN(COALESCE("t7"."kk_over", "t8"."kk_beyond") - "t7"."kk_from")
          THEN ARRAY_REMOVE(
            ARRAY(SELECT
              *
            FROM GENERATE_SERIES("t7"."kk_from", COALESCE("t7"."kk_over", "t8"."kk_beyond"), 1)),
            COALESCE("t7"."kk_over", "t8"."kk_beyond")
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
    ) AS "t7"
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
    ) AS "t8"
  ) AS "t11"
  UNION ALL
  SELECT
    *
  FROM (
    SELECT
      CAST(NULL AS VARCHAR) AS "customer_id",
      "t9"."segment",
      "t9"."period",
      0 AS "x",
      0 AS "y"
    FROM (
      SELECT
        "t4"."segment",
        MIN("t4"."period") AS "period"
      FROM (
        SELECT
          "t0"."ticket_id",
          "t0"."customer_id",
          "t0"."opened_at",
          "t0"."first_response_at",
          "t0"."resolved_at",
          CAST(EXTRACT(epoch FROM CAST(DATE("t0"."opened_at") AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) AS "day",
          CAST(FLOOR(
            CAST((
              (
                CAST(EXTRACT(year FROM "t0"."opened_at") AS BIGINT) * 12
              ) + EXTRACT(month FROM "t0"."opened_at")
            ) - 1 AS DOUBLE PRECISION) / NULLIF(3.0, 0)
          ) AS BIGINT) AS "period",
          'all' AS "segment"
        FROM "tickets" AS "t0"
        WHERE
          "t0"."opened_at" IS NOT NULL
          AND "t0"."opened_at" < CAST('2024-06-11T00:00:00' AS TIMESTAMP)
      ) AS "t4"
      GROUP BY
        1
    ) AS "t9"
  ) AS "t10"
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
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
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
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
        ) > "t20"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t24"."numerator", 0)
      ELSE CAST(NULL AS DOUBLE PRECISION)
    END AS "numerator",
    CAST(NULL AS DOUBLE PRECISION) AS "denominator",
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
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
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
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
        ) > "t20"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t24"."n", 0)
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
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
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
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
        ) > "t20"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t24"."sum_xx", 0)
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
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
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
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
        ) > "t20"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t24"."sum_yy", 0)
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
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
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
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
        ) > "t20"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t24"."sum_xy", 0)
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
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
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
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
        ) > "t20"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t24"."sum_ww", 0)
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
        ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
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
        ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 0
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
        "t12"."end",
        "t12"."first",
        "t12"."last",
        UNNEST(
          CASE
            WHEN NULLIF(1, 0) IS NOT NULL
            AND SIGN(1) = SIGN((
              "t12"."last" + 1
            ) - (
              "t12"."first" + 0
            ))
            THEN ARRAY_REMOVE(
              ARRAY(SELECT
                *
              FROM GENERATE_SERIES("t12"."first" + 0, "t12"."last" + 1, 1)),
              "t12"."last" + 1
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
      ) AS "t12"
    ) AS "t17"
  ) AS "t20"
  LEFT OUTER JOIN (
    SELECT
      "t22"."period",
      "t22"."segment",
      SUM("t22"."x") AS "numerator",
      SUM("t22"."y") AS "denominator",
      SUM(CAST(CASE WHEN "t22"."y" <> 0 THEN 1 ELSE 0 END AS BIGINT)) AS "n",
      SUM("t22"."x" * "t22"."x") AS "sum_xx",
      SUM("t22"."y" * "t22"."y") AS "sum_yy",
      SUM("t22"."x" * "t22"."y") AS "sum_xy",
      0.0 AS "sum_ww"
    FROM (
      SELECT
        *
      FROM (
        SELECT
          *
        FROM (
          SELECT
            "t16"."customer_id",
            "t16"."period",
            "t16"."segment",
            SUM("t16"."x") AS "x",
            SUM("t16"."y") AS "y"
          FROM (
            SELECT
              "t14"."customer_id",
              "t14"."period",
              "t14"."segment",
              CAST("t14"."x" AS DOUBLE PRECISION) AS "x",
              CAST("t14"."y" AS DOUBLE PRECISION) AS "y"
            FROM "t13" AS "t14"
            WHERE
              "t14"."customer_id" IS NOT NULL
          ) AS "t16"
          GROUP BY
            1,
            2,
            3
        ) AS "t19"
        UNION ALL
        SELECT
          *
        FROM (
          SELECT
            "t14"."customer_id",
            "t14"."period",
            "t14"."segment",
            CAST("t14"."x" AS DOUBLE PRECISION) AS "x",
            CAST("t14"."y" AS DOUBLE PRECISION) AS "y"
          FROM "t13" AS "t14"
          WHERE
            "t14"."customer_id" IS NULL
        ) AS "t15"
      ) AS "t21"
    ) AS "t22"
    GROUP BY
      1,
      2
  ) AS "t24"
    ON "t20"."period" = "t24"."period" AND "t20"."segment" = "t24"."segment"
) AS "t25"
ORDER BY
  "t25"."period" ASC,
  "t25"."segment" ASC
