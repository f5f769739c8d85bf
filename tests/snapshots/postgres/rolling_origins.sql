SELECT
  *
FROM (
  SELECT
    MAKE_DATE(2024, 3, 13) AS "origin",
    "t23"."customer_id",
    "t23"."frequency",
    "t23"."recency",
    "t23"."T",
    "t23"."monetary_value",
    "t23"."holdout_purchases",
    "t23"."holdout_spend"
  FROM (
    SELECT
      "t21"."customer_id",
      "t21"."frequency",
      "t21"."recency",
      "t21"."T",
      "t21"."monetary_value",
      COALESCE("t17"."purchases", 0) AS "holdout_purchases",
      COALESCE("t17"."spend", 0.0) AS "holdout_spend"
    FROM (
      SELECT
        "t13"."customer_id",
        "t13"."occasions" - 1 AS "frequency",
        CAST("t13"."last" - "t13"."first" AS DOUBLE PRECISION) / NULLIF(7.0, 0) AS "recency",
        CAST((
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(2024, 3, 13) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) - 1
        ) - "t13"."first" AS DOUBLE PRECISION) / NULLIF(7.0, 0) AS "T",
        CAST((
          "t13"."total" - "t13"."first_net"
        ) AS DOUBLE PRECISION) / NULLIF(CAST("t13"."occasions" - 1 AS DOUBLE PRECISION), 0) AS "monetary_value"
      FROM (
        SELECT
          "t9"."customer_id",
          MIN("t9"."day") AS "first",
          MAX("t9"."day") AS "last",
          COUNT(*) AS "occasions",
          SUM("t9"."net") AS "total",
          (
            ARRAY_AGG("t9"."net" ORDER BY "t9"."day" ASC) FILTER(WHERE
              "t9"."day" IS NOT NULL)
          )[1] AS "first_net"
        FROM (
          SELECT
            "t5"."customer_id",
            "t5"."day",
            "t5"."net"
          FROM (
            SELECT
              "t1"."customer_id",
              CAST(EXTRACT(epoch FROM CAST(DATE("t1"."ordered_at") AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) AS "day",
              SUM("t1"."amount") AS "net",
              BOOL_OR("t1"."is_activity") AS "is_active"
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
                AND "t0"."ordered_at" < CAST('2024-03-13T00:00:00' AS TIMESTAMP)
            ) AS "t1"
            GROUP BY
              1,
              2
          ) AS "t5"
          WHERE
            "t5"."is_active"
        ) AS "t9"
        GROUP BY
          1
      ) AS "t13"
      ORDER BY
        "t13"."customer_id" ASC
    ) AS "t21"
    LEFT OUTER JOIN (
      SELECT
        "t11"."customer_id",
        COUNT(*) AS "purchases",
        SUM("t11"."net") AS "spend"
      FROM (
        SELECT
          "t6"."customer_id",
          "t6"."day",
          "t6"."net"
        FROM (
          SELECT
            "t2"."customer_id",
            CAST(EXTRACT(epoch FROM CAST(DATE("t2"."ordered_at") AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) AS "day",
            SUM("t2"."amount") AS "net",
            BOOL_OR("t2"."is_activity") AS "is_active"
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
              AND "t0"."ordered_at" < CAST('2024-05-12T00:00:00' AS TIMESTAMP)
          ) AS "t2"
          GROUP BY
            1,
            2
        ) AS "t6"
        WHERE
          "t6"."is_active"
          AND "t6"."day" >= CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(2024, 3, 13) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT)
      ) AS "t11"
      GROUP BY
        1
    ) AS "t17"
      ON "t21"."customer_id" = "t17"."customer_id"
  ) AS "t23"
) AS "t25"
UNION ALL
SELECT
  *
FROM (
  SELECT
    MAKE_DATE(2024, 4, 12) AS "origin",
    "t24"."customer_id",
    "t24"."frequency",
    "t24"."recency",
    "t24"."T",
    "t24"."monetary_value",
    "t24"."holdout_purchases",
    "t24"."holdout_spend"
  FROM (
    SELECT
      "t22"."customer_id",
      "t22"."frequency",
      "t22"."recency",
      "t22"."T",
      "t22"."monetary_value",
      COALESCE("t18"."purchases", 0) AS "holdout_purchases",
      COALESCE("t18"."spend", 0.0) AS "holdout_spend"
    FROM (
      SELECT
        "t14"."customer_id",
        "t14"."occasions" - 1 AS "frequency",
        CAST("t14"."last" - "t14"."first" AS DOUBLE PRECISION) / NULLIF(7.0, 0) AS "recency",
        CAST((
          CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(2024, 4, 12) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) - 1
        ) - "t14"."first" AS DOUBLE PRECISION) / NULLIF(7.0, 0) AS "T",
        CAST((
          "t14"."total" - "t14"."first_net"
        ) AS DOUBLE PRECISION) / NULLIF(CAST("t14"."occasions" - 1 AS DOUBLE PRECISION), 0) AS "monetary_value"
      FROM (
        SELECT
          "t10"."customer_id",
          MIN("t10"."day") AS "first",
          MAX("t10"."day") AS "last",
          COUNT(*) AS "occasions",
          SUM("t10"."net") AS "total",
          (
            ARRAY_AGG("t10"."net" ORDER BY "t10"."day" ASC) FILTER(WHERE
              "t10"."day" IS NOT NULL)
          )[1] AS "first_net"
        FROM (
          SELECT
            "t7"."customer_id",
            "t7"."day",
            "t7"."net"
          FROM (
            SELECT
              "t3"."customer_id",
              CAST(EXTRACT(epoch FROM CAST(DATE("t3"."ordered_at") AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) AS "day",
              SUM("t3"."amount") AS "net",
              BOOL_OR("t3"."is_activity") AS "is_active"
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
                AND "t0"."ordered_at" < CAST('2024-04-12T00:00:00' AS TIMESTAMP)
            ) AS "t3"
            GROUP BY
              1,
              2
          ) AS "t7"
          WHERE
            "t7"."is_active"
        ) AS "t10"
        GROUP BY
          1
      ) AS "t14"
      ORDER BY
        "t14"."customer_id" ASC
    ) AS "t22"
    LEFT OUTER JOIN (
      SELECT
        "t12"."customer_id",
        COUNT(*) AS "purchases",
        SUM("t12"."net") AS "spend"
      FROM (
        SELECT
          "t8"."customer_id",
          "t8"."day",
          "t8"."net"
        FROM (
          SELECT
            "t4"."customer_id",
            CAST(EXTRACT(epoch FROM CAST(DATE("t4"."ordered_at") AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) AS "day",
            SUM("t4"."amount") AS "net",
            BOOL_OR("t4"."is_activity") AS "is_active"
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
          ) AS "t4"
          GROUP BY
            1,
            2
        ) AS "t8"
        WHERE
          "t8"."is_active"
          AND "t8"."day" >= CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(2024, 4, 12) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT)
      ) AS "t12"
      GROUP BY
        1
    ) AS "t18"
      ON "t22"."customer_id" = "t18"."customer_id"
  ) AS "t24"
) AS "t26"
