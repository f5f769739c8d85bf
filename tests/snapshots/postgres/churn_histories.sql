SELECT
  *
FROM (
  SELECT
    *
  FROM (
    SELECT
      "t7"."customer_id",
      MAKE_DATE(2023, 10, 1) AS "cutoff",
      "t7"."occasions" - 1 AS "frequency",
      CAST("t7"."last" - "t7"."first" AS DOUBLE PRECISION) / NULLIF(7.0, 0) AS "recency",
      CAST((
        CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(2023, 10, 1) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) - 1
      ) - "t7"."first" AS DOUBLE PRECISION) / NULLIF(7.0, 0) AS "T",
      CAST((
        "t7"."total" - "t7"."first_net"
      ) AS DOUBLE PRECISION) / NULLIF(CAST("t7"."occasions" - 1 AS DOUBLE PRECISION), 0) AS "monetary_value"
    FROM (
      SELECT
        "t5"."customer_id",
        MIN("t5"."day") AS "first",
        MAX("t5"."day") AS "last",
        COUNT(*) AS "occasions",
        SUM("t5"."net") AS "total",
        (
          ARRAY_AGG("t5"."net" ORDER BY "t5"."day" ASC) FILTER(WHERE
            "t5"."day" IS NOT NULL)
        )[1] AS "first_net"
      FROM (
        SELECT
          "t3"."customer_id",
          "t3"."day",
          "t3"."net"
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
              AND "t0"."ordered_at" < CAST('2023-10-01T00:00:00' AS TIMESTAMP)
          ) AS "t1"
          GROUP BY
            1,
            2
        ) AS "t3"
        WHERE
          "t3"."is_active"
      ) AS "t5"
      GROUP BY
        1
    ) AS "t7"
    ORDER BY
      "t7"."customer_id" ASC
  ) AS "t9"
  UNION ALL
  SELECT
    *
  FROM (
    SELECT
      "t8"."customer_id",
      MAKE_DATE(2024, 2, 29) AS "cutoff",
      "t8"."occasions" - 1 AS "frequency",
      CAST("t8"."last" - "t8"."first" AS DOUBLE PRECISION) / NULLIF(7.0, 0) AS "recency",
      CAST((
        CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(2024, 2, 29) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) - 1
      ) - "t8"."first" AS DOUBLE PRECISION) / NULLIF(7.0, 0) AS "T",
      CAST((
        "t8"."total" - "t8"."first_net"
      ) AS DOUBLE PRECISION) / NULLIF(CAST("t8"."occasions" - 1 AS DOUBLE PRECISION), 0) AS "monetary_value"
    FROM (
      SELECT
        "t6"."customer_id",
        MIN("t6"."day") AS "first",
        MAX("t6"."day") AS "last",
        COUNT(*) AS "occasions",
        SUM("t6"."net") AS "total",
        (
          ARRAY_AGG("t6"."net" ORDER BY "t6"."day" ASC) FILTER(WHERE
            "t6"."day" IS NOT NULL)
        )[1] AS "first_net"
      FROM (
        SELECT
          "t4"."customer_id",
          "t4"."day",
          "t4"."net"
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
              AND "t0"."ordered_at" < CAST('2024-02-29T00:00:00' AS TIMESTAMP)
          ) AS "t2"
          GROUP BY
            1,
            2
        ) AS "t4"
        WHERE
          "t4"."is_active"
      ) AS "t6"
      GROUP BY
        1
    ) AS "t8"
    ORDER BY
      "t8"."customer_id" ASC
  ) AS "t10"
) AS "t11"
ORDER BY
  "t11"."cutoff" ASC,
  "t11"."customer_id" ASC
