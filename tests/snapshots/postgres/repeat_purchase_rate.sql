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
), "t9" AS (
  SELECT
    *
  FROM "t3" AS "t5"
  WHERE
    "t5"."is_activity"
)
SELECT
  *
FROM (
  SELECT
    MAKE_DATE(
      CAST(CAST(CAST(FLOOR(CAST("t22"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
      CAST(CAST((
        (
          "t22"."period" * 3
        ) - (
          CAST(CAST(FLOOR(CAST("t22"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
        )
      ) + 1 AS INT) AS INT),
      CAST(1 AS INT)
    ) AS "period",
    "t22"."segment",
    CASE
      WHEN CASE
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST("t22"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                "t22"."period" * 3
              ) - (
                CAST(CAST(FLOOR(CAST("t22"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 90
        ) >= "t22"."end"
        THEN 'not_yet_observed'
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST((
              "t22"."period" + 1
            ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                (
                  "t22"."period" + 1
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  "t22"."period" + 1
                ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 90
        ) > "t22"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t29"."numerator", 0)
      ELSE CAST(NULL AS DOUBLE PRECISION)
    END AS "numerator",
    CASE
      WHEN CASE
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST("t22"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                "t22"."period" * 3
              ) - (
                CAST(CAST(FLOOR(CAST("t22"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 90
        ) >= "t22"."end"
        THEN 'not_yet_observed'
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST((
              "t22"."period" + 1
            ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                (
                  "t22"."period" + 1
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  "t22"."period" + 1
                ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 90
        ) > "t22"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t29"."denominator", 0)
      ELSE CAST(NULL AS DOUBLE PRECISION)
    END AS "denominator",
    CASE
      WHEN CASE
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST("t22"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                "t22"."period" * 3
              ) - (
                CAST(CAST(FLOOR(CAST("t22"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 90
        ) >= "t22"."end"
        THEN 'not_yet_observed'
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST((
              "t22"."period" + 1
            ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                (
                  "t22"."period" + 1
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  "t22"."period" + 1
                ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 90
        ) > "t22"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t29"."n", 0)
      ELSE CAST(NULL AS BIGINT)
    END AS "n",
    CASE
      WHEN CASE
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST("t22"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                "t22"."period" * 3
              ) - (
                CAST(CAST(FLOOR(CAST("t22"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 90
        ) >= "t22"."end"
        THEN 'not_yet_observed'
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST((
              "t22"."period" + 1
            ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                (
                  "t22"."period" + 1
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  "t22"."period" + 1
                ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 90
        ) > "t22"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t29"."sum_xx", 0)
      ELSE CAST(NULL AS DOUBLE PRECISION)
    END AS "sum_xx",
    CASE
      WHEN CASE
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST("t22"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                "t22"."period" * 3
              ) - (
                CAST(CAST(FLOOR(CAST("t22"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 90
        ) >= "t22"."end"
        THEN 'not_yet_observed'
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST((
              "t22"."period" + 1
            ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                (
                  "t22"."period" + 1
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  "t22"."period" + 1
                ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 90
        ) > "t22"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t29"."sum_yy", 0)
      ELSE CAST(NULL AS DOUBLE PRECISION)
    END AS "sum_yy",
    CASE
      WHEN CASE
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST("t22"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                "t22"."period" * 3
              ) - (
                CAST(CAST(FLOOR(CAST("t22"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 90
        ) >= "t22"."end"
        THEN 'not_yet_observed'
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST((
              "t22"."period" + 1
            ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                (
                  "t22"."period" + 1
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  "t22"."period" + 1
                ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 90
        ) > "t22"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t29"."sum_xy", 0)
      ELSE CAST(NULL AS DOUBLE PRECISION)
    END AS "sum_xy",
    CASE
      WHEN CASE
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST("t22"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                "t22"."period" * 3
              ) - (
                CAST(CAST(FLOOR(CAST("t22"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 90
        ) >= "t22"."end"
        THEN 'not_yet_observed'
        WHEN (
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
            CAST(CAST(CAST(FLOOR(CAST((
              "t22"."period" + 1
            ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
            CAST(CAST((
              (
                (
                  "t22"."period" + 1
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  "t22"."period" + 1
                ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT) AS INT),
            CAST(1 AS INT)
          ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 90
        ) > "t22"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t29"."sum_ww", 0)
      ELSE CAST(NULL AS DOUBLE PRECISION)
    END AS "sum_ww",
    CASE
      WHEN (
        CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
          CAST(CAST(CAST(FLOOR(CAST("t22"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
          CAST(CAST((
            (
              "t22"."period" * 3
            ) - (
              CAST(CAST(FLOOR(CAST("t22"."period" * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
            )
          ) + 1 AS INT) AS INT),
          CAST(1 AS INT)
        ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 90
      ) >= "t22"."end"
      THEN 'not_yet_observed'
      WHEN (
        CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
          CAST(CAST(CAST(FLOOR(CAST((
            "t22"."period" + 1
          ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
          CAST(CAST((
            (
              (
                "t22"."period" + 1
              ) * 3
            ) - (
              CAST(CAST(FLOOR(CAST((
                "t22"."period" + 1
              ) * 3 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
            )
          ) + 1 AS INT) AS INT),
          CAST(1 AS INT)
        ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) + 90
      ) > "t22"."end"
      THEN 'partial'
      ELSE 'complete'
    END AS "status"
  FROM (
    SELECT
      "t18"."end",
      "t18"."first",
      "t18"."last",
      "t18"."period",
      'all' AS "segment"
    FROM (
      SELECT
        "t15"."end",
        "t15"."first",
        "t15"."last",
        UNNEST(
          CASE
            WHEN NULLIF(1, 0) IS NOT NULL
            AND SIGN(1) = SIGN((
              "t15"."last" + 1
            ) - (
              "t15"."first" + 0
            ))
            THEN ARRAY_REMOVE(
              ARRAY(SELECT
                *
              FROM GENERATE_SERIES("t15"."first" + 0, "t15"."last" + 1, 1)),
              "t15"."last" + 1
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
      ) AS "t15"
    ) AS "t18"
  ) AS "t22"
  LEFT OUTER JOIN (
    SELECT
      "t27"."period",
      "t27"."segment",
      SUM("t27"."x") AS "numerator",
      SUM("t27"."y") AS "denominator",
      COUNT(*) AS "n",
      SUM("t27"."x" * "t27"."x") AS "sum_xx",
      SUM("t27"."y" * "t27"."y") AS "sum_yy",
      SUM("t27"."x" * "t27"."y") AS "sum_xy",
      0.0 AS "sum_ww"
    FROM (
      SELECT
        "t26"."customer_id",
        "t26"."period",
        "t26"."segment",
        CAST("t26"."x" AS DOUBLE PRECISION) AS "x",
        CAST("t26"."y" AS DOUBLE PRECISION) AS "y"
      FROM (
        SELECT
          "t25"."customer_id",
          "t25"."period",
          "t25"."segment",
          CAST(CASE
            WHEN BOOL_OR(
              (
                "t25"."day" > "t25"."first_day"
              )
              AND (
                "t25"."day" <= (
                  "t25"."first_day" + 90
                )
              )
            )
            THEN 1
            ELSE 0
          END AS BIGINT) AS "x",
          1 AS "y"
        FROM (
          SELECT
            "t24"."customer_id",
            "t24"."first_day",
            "t24"."period",
            "t24"."segment",
            "t24"."end",
            "t10"."customer_id" AS "customer_id_right",
            "t10"."day"
          FROM (
            SELECT
              *
            FROM (
              SELECT
                "t19"."customer_id",
                "t19"."first_day",
                "t19"."period",
                "t19"."segment",
                "t7"."end"
              FROM (
                SELECT
                  "t16"."customer_id",
                  MIN("t16"."day") AS "first_day",
                  MIN("t16"."period") AS "period",
                  MIN("t16"."segment") AS "segment"
                FROM (
                  SELECT
                    "t14"."customer_id",
                    "t14"."ordered_at",
                    "t12"."is_activity",
                    "t12"."day",
                    "t12"."period",
                    "t12"."segment",
                    "t12"."amount"
                  FROM (
                    SELECT
                      "t11"."customer_id",
                      MIN("t11"."ordered_at") AS "ordered_at"
                    FROM "t9" AS "t11"
                    GROUP BY
                      1
                  ) AS "t14"
                  INNER JOIN "t9" AS "t12"
                    ON "t14"."customer_id" = "t12"."customer_id"
                    AND "t14"."ordered_at" = "t12"."ordered_at"
                ) AS "t16"
                GROUP BY
                  1
              ) AS "t19"
              CROSS JOIN (
                SELECT
                  CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(2024, 6, 11) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) AS "end"
                FROM "t2" AS "t4"
              ) AS "t7"
            ) AS "t21"
            WHERE
              (
                "t21"."first_day" + 90
              ) < "t21"."end"
          ) AS "t24"
          LEFT OUTER JOIN (
            SELECT
              "t5"."customer_id",
              "t5"."day"
            FROM "t3" AS "t5"
            WHERE
              "t5"."is_activity"
          ) AS "t10"
            ON "t24"."customer_id" = "t10"."customer_id"
        ) AS "t25"
        GROUP BY
          1,
          2,
          3
      ) AS "t26"
    ) AS "t27"
    GROUP BY
      1,
      2
  ) AS "t29"
    ON "t22"."period" = "t29"."period" AND "t22"."segment" = "t29"."segment"
) AS "t30"
ORDER BY
  "t30"."period" ASC,
  "t30"."segment" ASC
