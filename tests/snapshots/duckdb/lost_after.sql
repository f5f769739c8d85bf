WITH "t2" AS (
  SELECT
    "t1"."customer_id",
    DATE_DIFF('DAY', MAKE_DATE(1970, 1, 1), CAST("t1"."ordered_at" AS DATE)) AS "day",
    SUM("t1"."amount") AS "net",
    BOOL_OR(CAST("t1"."is_activity" AS BOOLEAN)) AS "is_active"
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
  ) AS "t1"
  GROUP BY
    1,
    2
)
SELECT
  *
FROM (
  SELECT
    *
  FROM (
    SELECT
      MAKE_DATE(2023, 10, 1) AS "opens",
      MAKE_DATE(2024, 1, 1) AS "ends",
      "t10"."customers",
      "t10"."lost"
    FROM (
      SELECT
        COUNT(*) AS "customers",
        COALESCE(SUM(CAST(CASE WHEN "t8"."purchases" = 0 THEN 1 ELSE 0 END AS BIGINT)), 0) AS "lost"
      FROM (
        SELECT
          *
        FROM (
          SELECT
            "t4"."customer_id",
            MAX("t4"."day") FILTER(WHERE
              NOT (
                "t4"."day" >= 19631
              )) AS "last",
            SUM(CAST(CASE WHEN "t4"."day" >= 19631 THEN 1 ELSE 0 END AS BIGINT)) AS "purchases"
          FROM (
            SELECT
              "t3"."customer_id",
              "t3"."day",
              "t3"."net"
            FROM "t2" AS "t3"
            WHERE
              "t3"."is_active" AND "t3"."day" < 19723
          ) AS "t4"
          GROUP BY
            1
        ) AS "t6"
        WHERE
          "t6"."last" IS NOT NULL AND "t6"."last" >= 19331
      ) AS "t8"
    ) AS "t10"
  ) AS "t12"
  UNION ALL
  SELECT
    *
  FROM (
    SELECT
      MAKE_DATE(2023, 11, 5) AS "opens",
      MAKE_DATE(2024, 2, 29) AS "ends",
      "t11"."customers",
      "t11"."lost"
    FROM (
      SELECT
        COUNT(*) AS "customers",
        COALESCE(SUM(CAST(CASE WHEN "t9"."purchases" = 0 THEN 1 ELSE 0 END AS BIGINT)), 0) AS "lost"
      FROM (
        SELECT
          *
        FROM (
          SELECT
            "t5"."customer_id",
            MAX("t5"."day") FILTER(WHERE
              NOT (
                "t5"."day" >= 19666
              )) AS "last",
            SUM(CAST(CASE WHEN "t5"."day" >= 19666 THEN 1 ELSE 0 END AS BIGINT)) AS "purchases"
          FROM (
            SELECT
              "t3"."customer_id",
              "t3"."day",
              "t3"."net"
            FROM "t2" AS "t3"
            WHERE
              "t3"."is_active" AND "t3"."day" < 19782
          ) AS "t5"
          GROUP BY
            1
        ) AS "t7"
        WHERE
          "t7"."last" IS NOT NULL AND "t7"."last" >= 19366
      ) AS "t9"
    ) AS "t11"
  ) AS "t13"
) AS "t14"
ORDER BY
  "t14"."opens" ASC,
  "t14"."ends" ASC
