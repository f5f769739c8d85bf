WITH "t1" AS (
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
    "t0"."customer_id" IS NOT NULL AND "t0"."ordered_at" IS NOT NULL
), "t5" AS (
  SELECT
    "t2"."customer_id",
    CAST(EXTRACT(epoch FROM CAST(DATE("t2"."ordered_at") AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) AS "day",
    SUM("t2"."amount") AS "net",
    BOOL_OR("t2"."is_activity") AS "is_active",
    COALESCE(SUM(CAST(CASE WHEN NOT (
      "t2"."is_activity"
    ) THEN 1 ELSE 0 END AS BIGINT)), 0) AS "refunds"
  FROM "t1" AS "t2"
  GROUP BY
    1,
    2
)
SELECT
  "t21"."customer_id",
  MAKE_DATE(1970, 1, 1) + MAKE_INTERVAL(days => CAST(CAST((
    "t21"."at" * 1
  ) + 0 AS INT) AS INT)) AS "cutoff",
  "t21"."recency_days",
  "t21"."tenure_days",
  "t21"."purchase_days",
  "t21"."recent_purchase_days",
  "t21"."purchase_trend",
  "t21"."spend",
  "t21"."spend_per_day",
  "t21"."recent_spend",
  "t21"."spend_trend",
  "t21"."mean_gap_days",
  "t21"."longest_gap_days",
  "t21"."silence_in_gaps",
  "t21"."refunds",
  "t21"."last_channel"
FROM (
  SELECT
    "t20"."customer_id",
    "t20"."at",
    "t20"."recency_days",
    "t20"."tenure_days",
    "t20"."purchase_days",
    "t20"."recent_purchase_days",
    "t20"."purchase_trend",
    "t20"."spend",
    "t20"."spend_per_day",
    "t20"."recent_spend",
    "t20"."spend_trend",
    "t20"."mean_gap_days",
    "t20"."longest_gap_days",
    "t20"."silence_in_gaps",
    "t20"."refunds",
    "t14"."last_channel"
  FROM (
    SELECT
      "t18"."customer_id",
      "t18"."at",
      "t18"."at" - "t18"."last" AS "recency_days",
      "t18"."at" - "t18"."first" AS "tenure_days",
      "t18"."purchase_days",
      "t18"."recent_purchase_days",
      "t18"."recent_purchase_days" - "t18"."earlier_purchase_days" AS "purchase_trend",
      "t18"."spend",
      CAST("t18"."spend" AS DOUBLE PRECISION) / NULLIF(CAST("t18"."purchase_days" AS DOUBLE PRECISION), 0) AS "spend_per_day",
      "t18"."recent_spend",
      "t18"."recent_spend" - "t18"."earlier_spend" AS "spend_trend",
      CAST("t18"."gaps" AS DOUBLE PRECISION) / NULLIF(CAST("t18"."purchase_days" - 1 AS DOUBLE PRECISION), 0) AS "mean_gap_days",
      "t18"."longest_gap_days",
      CAST("t18"."at" - "t18"."last" AS DOUBLE PRECISION) / NULLIF(
        CAST("t18"."gaps" AS DOUBLE PRECISION) / NULLIF(CAST("t18"."purchase_days" - 1 AS DOUBLE PRECISION), 0),
        0
      ) AS "silence_in_gaps",
      "t18"."refunds"
    FROM (
      SELECT
        "t17"."customer_id",
        "t17"."at",
        MIN("t17"."day") FILTER(WHERE
          "t17"."is_active") AS "first",
        MAX("t17"."day") FILTER(WHERE
          "t17"."is_active") AS "last",
        COALESCE(SUM(CAST(CASE WHEN "t17"."is_active" THEN 1 ELSE 0 END AS BIGINT)), 0) AS "purchase_days",
        COALESCE(
          SUM(
            CAST(CASE
              WHEN "t17"."is_active" AND (
                "t17"."day" >= (
                  "t17"."at" - 90
                )
              )
              THEN 1
              ELSE 0
            END AS BIGINT)
          ),
          0
        ) AS "recent_purchase_days",
        COALESCE(
          SUM(
            CAST(CASE
              WHEN "t17"."is_active"
              AND (
                NOT (
                  "t17"."day" >= (
                    "t17"."at" - 90
                  )
                )
                AND (
                  "t17"."day" >= (
                    "t17"."at" - 180
                  )
                )
              )
              THEN 1
              ELSE 0
            END AS BIGINT)
          ),
          0
        ) AS "earlier_purchase_days",
        SUM("t17"."net") AS "spend",
        COALESCE(SUM("t17"."net") FILTER(WHERE
          "t17"."day" >= (
            "t17"."at" - 90
          )), 0.0) AS "recent_spend",
        COALESCE(
          SUM("t17"."net") FILTER(WHERE
            NOT (
              "t17"."day" >= (
                "t17"."at" - 90
              )
            )
            AND (
              "t17"."day" >= (
                "t17"."at" - 180
              )
            )),
          0.0
        ) AS "earlier_spend",
        SUM("t17"."gap") AS "gaps",
        MAX("t17"."gap") AS "longest_gap_days",
        SUM("t17"."refunds") AS "refunds"
      FROM (
        SELECT
          *
        FROM (
          SELECT
            "t15"."customer_id",
            "t15"."day",
            "t15"."net",
            "t15"."is_active",
            "t15"."refunds",
            "t15"."gap",
            UNNEST(ARRAY[19631, 19782]) AS "at"
          FROM (
            SELECT
              "t8"."customer_id",
              "t8"."day",
              "t8"."net",
              "t8"."is_active",
              "t8"."refunds",
              "t12"."gap"
            FROM "t5" AS "t8"
            LEFT OUTER JOIN (
              SELECT
                "t9"."customer_id",
                "t9"."day",
                "t9"."day" - LAG("t9"."day") OVER (
                  PARTITION BY "t9"."customer_id"
                  ORDER BY "t9"."day" ASC
                  ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
                ) AS "gap"
              FROM (
                SELECT
                  *
                FROM "t5" AS "t6"
                WHERE
                  "t6"."is_active"
              ) AS "t9"
            ) AS "t12"
              ON "t8"."customer_id" = "t12"."customer_id" AND "t8"."day" = "t12"."day"
          ) AS "t15"
        ) AS "t16"
        WHERE
          "t16"."day" < "t16"."at"
      ) AS "t17"
      GROUP BY
        1,
        2
    ) AS "t18"
    WHERE
      "t18"."last" IS NOT NULL AND (
        "t18"."at" - "t18"."last"
      ) <= 300
  ) AS "t20"
  LEFT OUTER JOIN (
    SELECT
      "t10"."customer_id",
      "t10"."at",
      "t10"."channel" AS "last_channel"
    FROM (
      SELECT
        "t7"."customer_id",
        "t7"."ordered_at",
        "t7"."channel",
        "t7"."day",
        "t7"."at",
        ROW_NUMBER() OVER (
          PARTITION BY "t7"."customer_id", "t7"."at"
          ORDER BY "t7"."ordered_at" DESC NULLS LAST, "t7"."channel" DESC NULLS LAST
          ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ) - 1 AS "place"
      FROM (
        SELECT
          *
        FROM (
          SELECT
            "t3"."customer_id",
            "t3"."ordered_at",
            "t3"."channel",
            "t3"."day",
            UNNEST(ARRAY[19631, 19782]) AS "at"
          FROM (
            SELECT
              "t2"."customer_id",
              "t2"."ordered_at",
              "t2"."channel",
              CAST(EXTRACT(epoch FROM CAST(DATE("t2"."ordered_at") AS TIMESTAMP) - CAST(MAKE_DATE(1970, 1, 1) AS TIMESTAMP)) / 86400 AS BIGINT) AS "day"
            FROM "t1" AS "t2"
            WHERE
              "t2"."is_activity"
          ) AS "t3"
        ) AS "t4"
        WHERE
          "t4"."day" < "t4"."at"
      ) AS "t7"
    ) AS "t10"
    WHERE
      "t10"."place" = 0
  ) AS "t14"
    ON "t20"."customer_id" = "t14"."customer_id" AND "t20"."at" = "t14"."at"
) AS "t21"
ORDER BY
  MAKE_DATE(1970, 1, 1) + MAKE_INTERVAL(days => CAST(CAST((
    "t21"."at" * 1
  ) + 0 AS INT) AS INT)) ASC,
  "t21"."customer_id" ASC
