WITH "t4" AS (
  SELECT
    "t2"."customer_id",
    "t2"."period",
    "t2"."segment",
    SUM("t2"."amount") AS "amount",
    SUM(CAST(CASE WHEN "t2"."is_activity" THEN 1 ELSE 0 END AS BIGINT)) AS "orders",
    MIN("t2"."ordered_at") FILTER(WHERE
      "t2"."is_activity") AS "first_at",
    MAX("t2"."ordered_at") FILTER(WHERE
      "t2"."is_activity") AS "last_at"
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
      (
        (
          CAST(EXTRACT(year FROM "t0"."ordered_at") AS BIGINT) * 12
        ) + EXTRACT(month FROM "t0"."ordered_at")
      ) - 1 AS "period",
      'all' AS "segment",
      "t0"."amount"
    FROM "orders" AS "t0"
    WHERE
      "t0"."customer_id" IS NOT NULL
      AND "t0"."ordered_at" IS NOT NULL
      AND "t0"."ordered_at" < CAST('2024-06-11T00:00:00' AS TIMESTAMP)
  ) AS "t2"
  GROUP BY
    1,
    2,
    3
), "t9" AS (
  SELECT
    *
  FROM "t4" AS "t5"
  WHERE
    "t5"."orders" > 0
)
SELECT
  *
FROM (
  SELECT
    MAKE_DATE(
      CAST(CAST(CAST(FLOOR(CAST("t19"."period" * 1 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
      CAST(CAST((
        (
          "t19"."period" * 1
        ) - (
          CAST(CAST(FLOOR(CAST("t19"."period" * 1 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
        )
      ) + 1 AS INT) AS INT),
      CAST(1 AS INT)
    ) AS "period",
    COALESCE("t28"."opening", 0) AS "opening",
    COALESCE("t28"."acquired", 0) AS "acquired",
    COALESCE("t28"."returned", 0) AS "returned",
    COALESCE("t28"."lost", 0) AS "lost",
    COALESCE("t28"."frequency", 0) AS "frequency",
    COALESCE("t28"."order_value", 0) AS "order_value",
    COALESCE("t28"."refunds_only", 0) AS "refunds_only",
    COALESCE("t28"."closing", 0) AS "closing",
    COALESCE("t28"."n", 0) AS "n",
    COALESCE("t28"."n_opening", 0) AS "n_opening",
    COALESCE("t28"."n_acquired", 0) AS "n_acquired",
    COALESCE("t28"."n_returned", 0) AS "n_returned",
    COALESCE("t28"."n_lost", 0) AS "n_lost",
    COALESCE("t28"."n_kept", 0) AS "n_kept",
    COALESCE("t28"."n_refunds_only", 0) AS "n_refunds_only",
    COALESCE("t28"."n_closing", 0) AS "n_closing",
    CASE
      WHEN CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(
        CAST(CAST(CAST(FLOOR(CAST((
          "t19"."period" + 1
        ) * 1 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) AS INT),
        CAST(CAST((
          (
            (
              "t19"."period" + 1
            ) * 1
          ) - (
            CAST(CAST(FLOOR(CAST((
              "t19"."period" + 1
            ) * 1 AS DOUBLE PRECISION) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
          )
        ) + 1 AS INT) AS INT),
        CAST(1 AS INT)
      ) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) > "t19"."end"
      THEN 'partial'
      ELSE 'complete'
    END AS "status"
  FROM (
    SELECT
      "t10"."end",
      "t10"."first",
      "t10"."last",
      UNNEST(
        CASE
          WHEN NULLIF(1, 0) IS NOT NULL
          AND SIGN(1) = SIGN((
            "t10"."last" + 1
          ) - (
            "t10"."first" + 1
          ))
          THEN ARRAY_REMOVE(
            ARRAY(SELECT
              *
            FROM GENERATE_SERIES("t10"."first" + 1, "t10"."last" + 1, 1)),
            "t10"."last" + 1
          )
          ELSE CAST(ARRAY[] AS BIGINT[])
        END
      ) AS "period"
    FROM (
      SELECT
        CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(2024, 6, 11) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) AS "end",
        (
          (
            CAST(EXTRACT(year FROM "t3"."oldest") AS BIGINT) * 12
          ) + EXTRACT(month FROM "t3"."oldest")
        ) - 1 AS "first",
        (
          (
            CAST(EXTRACT(year FROM MAKE_DATE(2024, 6, 11) - INTERVAL '1 DAY') AS BIGINT) * 12
          ) + EXTRACT(month FROM MAKE_DATE(2024, 6, 11) - INTERVAL '1 DAY')
        ) - 1 AS "last"
      FROM (
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
      ) AS "t3"
    ) AS "t10"
  ) AS "t19"
  LEFT OUTER JOIN (
    SELECT
      "t26"."period",
      "t26"."opening",
      "t26"."closing",
      "t26"."acquired",
      "t26"."returned",
      "t26"."lost",
      "t26"."r1",
      "t26"."r0",
      "t26"."o1",
      "t26"."o0",
      "t26"."refunds_now",
      "t26"."refunds_then",
      "t26"."n",
      "t26"."n_opening",
      "t26"."n_acquired",
      "t26"."n_returned",
      "t26"."n_lost",
      "t26"."n_kept",
      "t26"."n_refunds_only",
      "t26"."n_closing",
      COALESCE(
        CAST((
          (
            "t26"."o1" - "t26"."o0"
          ) * (
            (
              CAST("t26"."r0" AS DOUBLE PRECISION) / NULLIF(CAST("t26"."o0" AS DOUBLE PRECISION), 0)
            ) + (
              CAST("t26"."r1" AS DOUBLE PRECISION) / NULLIF(CAST("t26"."o1" AS DOUBLE PRECISION), 0)
            )
          )
        ) AS DOUBLE PRECISION) / 2,
        0
      ) AS "frequency",
      COALESCE(
        CAST((
          (
            (
              CAST("t26"."r1" AS DOUBLE PRECISION) / NULLIF(CAST("t26"."o1" AS DOUBLE PRECISION), 0)
            ) - (
              CAST("t26"."r0" AS DOUBLE PRECISION) / NULLIF(CAST("t26"."o0" AS DOUBLE PRECISION), 0)
            )
          ) * (
            "t26"."o0" + "t26"."o1"
          )
        ) AS DOUBLE PRECISION) / 2,
        0
      ) AS "order_value",
      "t26"."refunds_now" - "t26"."refunds_then" AS "refunds_only"
    FROM (
      SELECT
        "t25"."period",
        SUM("t25"."then") AS "opening",
        SUM("t25"."now") AS "closing",
        COALESCE(
          SUM("t25"."now") FILTER(WHERE
            (
              "t25"."orders_now" > 0
            ) AND (
              "t25"."first_period" = "t25"."period"
            )),
          0
        ) AS "acquired",
        COALESCE(
          SUM("t25"."now") FILTER(WHERE
            (
              "t25"."orders_now" > 0
            )
            AND NOT (
              "t25"."orders_then" > 0
            )
            AND NOT (
              (
                "t25"."orders_now" > 0
              ) AND (
                "t25"."first_period" = "t25"."period"
              )
            )),
          0
        ) AS "returned",
        -(
          COALESCE(
            SUM("t25"."then") FILTER(WHERE
              (
                "t25"."orders_then" > 0
              ) AND NOT (
                "t25"."orders_now" > 0
              )),
            0
          )
        ) AS "lost",
        COALESCE(
          SUM("t25"."now") FILTER(WHERE
            (
              "t25"."orders_now" > 0
            ) AND (
              "t25"."orders_then" > 0
            )),
          0
        ) AS "r1",
        COALESCE(
          SUM("t25"."then") FILTER(WHERE
            (
              "t25"."orders_now" > 0
            ) AND (
              "t25"."orders_then" > 0
            )),
          0
        ) AS "r0",
        COALESCE(
          SUM("t25"."orders_now") FILTER(WHERE
            (
              "t25"."orders_now" > 0
            ) AND (
              "t25"."orders_then" > 0
            )),
          0
        ) AS "o1",
        COALESCE(
          SUM("t25"."orders_then") FILTER(WHERE
            (
              "t25"."orders_now" > 0
            ) AND (
              "t25"."orders_then" > 0
            )),
          0
        ) AS "o0",
        COALESCE(SUM("t25"."now") FILTER(WHERE
          NOT (
            "t25"."orders_now" > 0
          )), 0) AS "refunds_now",
        COALESCE(SUM("t25"."then") FILTER(WHERE
          NOT (
            "t25"."orders_then" > 0
          )), 0) AS "refunds_then",
        COUNT(*) AS "n",
        SUM(
          CAST(CASE WHEN (
            "t25"."orders_then" > 0
          ) OR (
            "t25"."then" <> 0
          ) THEN 1 ELSE 0 END AS BIGINT)
        ) AS "n_opening",
        SUM(
          CAST(CASE
            WHEN (
              "t25"."orders_now" > 0
            ) AND (
              "t25"."first_period" = "t25"."period"
            )
            THEN 1
            ELSE 0
          END AS BIGINT)
        ) AS "n_acquired",
        SUM(
          CAST(CASE
            WHEN (
              "t25"."orders_now" > 0
            )
            AND NOT (
              "t25"."orders_then" > 0
            )
            AND NOT (
              (
                "t25"."orders_now" > 0
              ) AND (
                "t25"."first_period" = "t25"."period"
              )
            )
            THEN 1
            ELSE 0
          END AS BIGINT)
        ) AS "n_returned",
        SUM(
          CAST(CASE
            WHEN (
              "t25"."orders_then" > 0
            ) AND NOT (
              "t25"."orders_now" > 0
            )
            THEN 1
            ELSE 0
          END AS BIGINT)
        ) AS "n_lost",
        SUM(
          CAST(CASE
            WHEN (
              "t25"."orders_now" > 0
            ) AND (
              "t25"."orders_then" > 0
            )
            THEN 1
            ELSE 0
          END AS BIGINT)
        ) AS "n_kept",
        SUM(
          CAST(CASE
            WHEN (
              NOT (
                "t25"."orders_now" > 0
              ) AND (
                "t25"."now" <> 0
              )
            )
            OR (
              NOT (
                "t25"."orders_then" > 0
              ) AND (
                "t25"."then" <> 0
              )
            )
            THEN 1
            ELSE 0
          END AS BIGINT)
        ) AS "n_refunds_only",
        SUM(
          CAST(CASE WHEN (
            "t25"."orders_now" > 0
          ) OR (
            "t25"."now" <> 0
          ) THEN 1 ELSE 0 END AS BIGINT)
        ) AS "n_closing"
      FROM (
        SELECT
          "t20"."customer_id",
          "t20"."period",
          "t20"."now",
          "t20"."then",
          "t20"."orders_now",
          "t20"."orders_then",
          "t24"."customer_id" AS "customer_id_right",
          "t24"."first_period"
        FROM (
          SELECT
            COALESCE("t8"."customer_id", "t11"."customer_id") AS "customer_id",
            COALESCE("t8"."period", "t11"."period") AS "period",
            COALESCE("t8"."amount", 0) AS "now",
            COALESCE("t11"."amount", 0) AS "then",
            COALESCE("t8"."orders", 0) AS "orders_now",
            COALESCE("t11"."orders", 0) AS "orders_then"
          FROM (
            SELECT
              "t5"."customer_id",
              "t5"."period",
              "t5"."amount",
              "t5"."orders"
            FROM "t4" AS "t5"
          ) AS "t8"
          FULL OUTER JOIN (
            SELECT
              "t5"."customer_id",
              "t5"."period" + 1 AS "period",
              "t5"."amount",
              "t5"."orders"
            FROM "t4" AS "t5"
          ) AS "t11"
            ON "t8"."customer_id" = "t11"."customer_id" AND "t8"."period" = "t11"."period"
        ) AS "t20"
        LEFT OUTER JOIN (
          SELECT
            "t22"."customer_id",
            "t22"."period" AS "first_period"
          FROM (
            SELECT
              "t21"."customer_id",
              MIN(
                CAST(EXTRACT(epoch FROM CAST(DATE("t21"."first_at") AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT)
              ) AS "first_day",
              MIN("t21"."period") AS "period",
              MIN("t21"."segment") AS "segment"
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
                FROM "t9" AS "t12"
                GROUP BY
                  1
              ) AS "t16"
              INNER JOIN "t9" AS "t13"
                ON "t16"."customer_id" = "t13"."customer_id" AND "t16"."first_at" = "t13"."first_at"
            ) AS "t21"
            GROUP BY
              1
          ) AS "t22"
        ) AS "t24"
          ON "t20"."customer_id" = "t24"."customer_id"
      ) AS "t25"
      GROUP BY
        1
    ) AS "t26"
  ) AS "t28"
    ON "t19"."period" = "t28"."period"
) AS "t29"
ORDER BY
  "t29"."period" ASC
