SELECT
  "t4"."customer_id",
  "t4"."occasions" - 1 AS "frequency",
  CAST("t4"."last" - "t4"."first" AS DOUBLE PRECISION) / NULLIF(7.0, 0) AS "recency",
  CAST((
    CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(2024, 6, 11) AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) - 1
  ) - "t4"."first" AS DOUBLE PRECISION) / NULLIF(7.0, 0) AS "T",
  CAST((
    "t4"."total" - "t4"."first_net"
  ) AS DOUBLE PRECISION) / NULLIF(CAST("t4"."occasions" - 1 AS DOUBLE PRECISION), 0) AS "monetary_value"
FROM (
  SELECT
    "t3"."customer_id",
    MIN("t3"."day") AS "first",
    MAX("t3"."day") AS "last",
    COUNT(*) AS "occasions",
    SUM("t3"."net") AS "total",
    (
      ARRAY_AGG("t3"."net" ORDER BY "t3"."day" ASC) FILTER(WHERE
        "t3"."day" IS NOT NULL)
    )[1] AS "first_net"
  FROM (
    SELECT
      "t2"."customer_id",
      "t2"."day",
      "t2"."net"
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
          AND "t0"."ordered_at" < CAST('2024-06-11T00:00:00' AS TIMESTAMP)
      ) AS "t1"
      GROUP BY
        1,
        2
    ) AS "t2"
    WHERE
      "t2"."is_active"
  ) AS "t3"
  GROUP BY
    1
) AS "t4"
ORDER BY
  "t4"."customer_id" ASC
