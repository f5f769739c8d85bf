WITH "t2" AS (
  SELECT
    "t0"."customer_id",
    "t0"."responded_at",
    "t0"."kind",
    "t0"."score",
    "t0"."touchpoint",
    0.0 AS "low",
    10.0 AS "high",
    COALESCE(
      (
        "t0"."score" >= 0.0
      )
      AND (
        "t0"."score" <= 10.0
      )
      AND (
        10.0 > 0.0
      )
      AND (
        10.0 = 10
      )
      AND (
        0.0 <= 1
      ),
      FALSE
    ) AS "is_on_scale"
  FROM "survey_responses" AS "t0"
  WHERE
    LOWER(TRIM("t0"."kind", ' \t
\r\x0b\x0c')) = 'nps'
    AND COALESCE(LOWER(TRIM("t0"."touchpoint", ' \t
\r\x0b\x0c')), '') IN ('', 'relational', 'relationship')
)
SELECT
  *
FROM (
  SELECT
    MAKE_DATE(
      CAST(CAST(FLOOR(CAST("t13"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
      CAST((
        (
          "t13"."period" * 3
        ) - (
          CAST(CAST(FLOOR(CAST("t13"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
        )
      ) + 1 AS INT),
      1
    ) AS "period",
    "t13"."segment",
    CASE
      WHEN CASE
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST("t13"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  "t13"."period" * 3
                ) - (
                  CAST(CAST(FLOOR(CAST("t13"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= "t13"."end"
        THEN 'not_yet_observed'
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                "t13"."period" + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    "t13"."period" + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    "t13"."period" + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > "t13"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t15"."numerator", 0)
      ELSE CAST(NULL AS DOUBLE)
    END AS "numerator",
    CASE
      WHEN CASE
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST("t13"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  "t13"."period" * 3
                ) - (
                  CAST(CAST(FLOOR(CAST("t13"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= "t13"."end"
        THEN 'not_yet_observed'
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                "t13"."period" + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    "t13"."period" + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    "t13"."period" + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > "t13"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t15"."denominator", 0)
      ELSE CAST(NULL AS DOUBLE)
    END AS "denominator",
    CASE
      WHEN CASE
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST("t13"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  "t13"."period" * 3
                ) - (
                  CAST(CAST(FLOOR(CAST("t13"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= "t13"."end"
        THEN 'not_yet_observed'
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                "t13"."period" + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    "t13"."period" + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    "t13"."period" + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > "t13"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t15"."n", 0)
      ELSE CAST(NULL AS BIGINT)
    END AS "n",
    CASE
      WHEN CASE
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST("t13"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  "t13"."period" * 3
                ) - (
                  CAST(CAST(FLOOR(CAST("t13"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= "t13"."end"
        THEN 'not_yet_observed'
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                "t13"."period" + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    "t13"."period" + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    "t13"."period" + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > "t13"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t15"."sum_xx", 0)
      ELSE CAST(NULL AS DOUBLE)
    END AS "sum_xx",
    CASE
      WHEN CASE
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST("t13"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  "t13"."period" * 3
                ) - (
                  CAST(CAST(FLOOR(CAST("t13"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= "t13"."end"
        THEN 'not_yet_observed'
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                "t13"."period" + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    "t13"."period" + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    "t13"."period" + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > "t13"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t15"."sum_yy", 0)
      ELSE CAST(NULL AS DOUBLE)
    END AS "sum_yy",
    CASE
      WHEN CASE
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST("t13"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  "t13"."period" * 3
                ) - (
                  CAST(CAST(FLOOR(CAST("t13"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= "t13"."end"
        THEN 'not_yet_observed'
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                "t13"."period" + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    "t13"."period" + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    "t13"."period" + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > "t13"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t15"."sum_xy", 0)
      ELSE CAST(NULL AS DOUBLE)
    END AS "sum_xy",
    CASE
      WHEN CASE
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST("t13"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  "t13"."period" * 3
                ) - (
                  CAST(CAST(FLOOR(CAST("t13"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= "t13"."end"
        THEN 'not_yet_observed'
        WHEN (
          DATE_DIFF(
            'DAY',
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                "t13"."period" + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    "t13"."period" + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    "t13"."period" + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > "t13"."end"
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed'
      THEN COALESCE("t15"."sum_ww", 0)
      ELSE CAST(NULL AS DOUBLE)
    END AS "sum_ww",
    CASE
      WHEN (
        DATE_DIFF(
          'DAY',
          MAKE_DATE(1970, 1, 1),
          MAKE_DATE(
            CAST(CAST(FLOOR(CAST("t13"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
            CAST((
              (
                "t13"."period" * 3
              ) - (
                CAST(CAST(FLOOR(CAST("t13"."period" * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT),
            1
          )
        ) + 0
      ) >= "t13"."end"
      THEN 'not_yet_observed'
      WHEN (
        DATE_DIFF(
          'DAY',
          MAKE_DATE(1970, 1, 1),
          MAKE_DATE(
            CAST(CAST(FLOOR(CAST((
              "t13"."period" + 1
            ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
            CAST((
              (
                (
                  "t13"."period" + 1
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  "t13"."period" + 1
                ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT),
            1
          )
        ) + 0
      ) > "t13"."end"
      THEN 'partial'
      ELSE 'complete'
    END AS "status"
  FROM (
    SELECT
      "t10"."end",
      "t10"."first",
      "t10"."last",
      "t10"."period",
      'all' AS "segment"
    FROM (
      SELECT
        "t7"."end",
        "t7"."first",
        "t7"."last",
        UNNEST(RANGE("t7"."first" + 0, "t7"."last" + 1, 1)) AS "period"
      FROM (
        SELECT
          DATE_DIFF('DAY', MAKE_DATE(1970, 1, 1), MAKE_DATE(2024, 6, 11)) AS "end",
          CAST(FLOOR(
            CAST((
              (
                CAST(EXTRACT(year FROM "t4"."oldest") AS BIGINT) * 12
              ) + EXTRACT(month FROM "t4"."oldest")
            ) - 1 AS DOUBLE) / NULLIF(3.0, 0)
          ) AS BIGINT) AS "first",
          CAST(FLOOR(
            CAST((
              (
                CAST(EXTRACT(year FROM MAKE_DATE(2024, 6, 11) - INTERVAL '1' DAY) AS BIGINT) * 12
              ) + EXTRACT(month FROM MAKE_DATE(2024, 6, 11) - INTERVAL '1' DAY)
            ) - 1 AS DOUBLE) / NULLIF(3.0, 0)
          ) AS BIGINT) AS "last"
        FROM (
          SELECT
            MIN("t1"."responded_at") AS "oldest"
          FROM (
            SELECT
              "t0"."customer_id",
              "t0"."responded_at",
              "t0"."kind",
              "t0"."score",
              "t0"."touchpoint",
              DATE_DIFF('DAY', MAKE_DATE(1970, 1, 1), CAST("t0"."responded_at" AS DATE)) AS "day",
              0 AS "period",
              'all' AS "segment"
            FROM "survey_responses" AS "t0"
            WHERE
              LOWER(TRIM("t0"."kind", ' \t
\r\x0b\x0c')) = 'nps'
              AND COALESCE(LOWER(TRIM("t0"."touchpoint", ' \t
\r\x0b\x0c')), '') IN ('', 'relational', 'relationship')
              AND "t0"."responded_at" IS NOT NULL
              AND "t0"."responded_at" < MAKE_TIMESTAMP(2024, 6, 11, 0, 0, 0.0)
          ) AS "t1"
        ) AS "t4"
      ) AS "t7"
    ) AS "t10"
  ) AS "t13"
  LEFT OUTER JOIN (
    SELECT
      "t11"."period",
      "t11"."segment",
      SUM("t11"."x") AS "numerator",
      SUM("t11"."y") AS "denominator",
      COUNT(*) AS "n",
      SUM("t11"."x" * "t11"."x") AS "sum_xx",
      SUM("t11"."y" * "t11"."y") AS "sum_yy",
      SUM("t11"."x" * "t11"."y") AS "sum_xy",
      SUM("t11"."w") AS "sum_ww"
    FROM (
      SELECT
        *
      FROM (
        SELECT
          *
        FROM (
          SELECT
            "t6"."customer_id",
            "t6"."period",
            "t6"."segment",
            SUM("t6"."x") AS "x",
            SUM("t6"."y") AS "y",
            SUM("t6"."w") AS "w"
          FROM (
            SELECT
              "t3"."customer_id",
              CAST(FLOOR(
                CAST((
                  (
                    CAST(EXTRACT(year FROM "t3"."responded_at") AS BIGINT) * 12
                  ) + EXTRACT(month FROM "t3"."responded_at")
                ) - 1 AS DOUBLE) / NULLIF(3.0, 0)
              ) AS BIGINT) AS "period",
              'all' AS "segment",
              CAST(CAST(CASE WHEN "t3"."score" >= 9 THEN 1 ELSE 0 END AS BIGINT) - CAST(CASE WHEN "t3"."score" <= 6 THEN 1 ELSE 0 END AS BIGINT) AS DOUBLE) AS "x",
              CAST(1 AS DOUBLE) AS "y",
              CAST(CAST(CASE WHEN "t3"."score" >= 9 THEN 1 ELSE 0 END AS BIGINT) + CAST(CASE WHEN "t3"."score" <= 6 THEN 1 ELSE 0 END AS BIGINT) AS DOUBLE) AS "w"
            FROM "t2" AS "t3"
            WHERE
              "t3"."score" IS NOT NULL
              AND "t3"."is_on_scale"
              AND "t3"."responded_at" IS NOT NULL
              AND "t3"."responded_at" < MAKE_TIMESTAMP(2024, 6, 11, 0, 0, 0.0)
              AND "t3"."customer_id" IS NOT NULL
          ) AS "t6"
          GROUP BY
            1,
            2,
            3
        ) AS "t8"
        UNION ALL
        SELECT
          *
        FROM (
          SELECT
            "t3"."customer_id",
            CAST(FLOOR(
              CAST((
                (
                  CAST(EXTRACT(year FROM "t3"."responded_at") AS BIGINT) * 12
                ) + EXTRACT(month FROM "t3"."responded_at")
              ) - 1 AS DOUBLE) / NULLIF(3.0, 0)
            ) AS BIGINT) AS "period",
            'all' AS "segment",
            CAST(CAST(CASE WHEN "t3"."score" >= 9 THEN 1 ELSE 0 END AS BIGINT) - CAST(CASE WHEN "t3"."score" <= 6 THEN 1 ELSE 0 END AS BIGINT) AS DOUBLE) AS "x",
            CAST(1 AS DOUBLE) AS "y",
            CAST(CAST(CASE WHEN "t3"."score" >= 9 THEN 1 ELSE 0 END AS BIGINT) + CAST(CASE WHEN "t3"."score" <= 6 THEN 1 ELSE 0 END AS BIGINT) AS DOUBLE) AS "w"
          FROM "t2" AS "t3"
          WHERE
            "t3"."score" IS NOT NULL
            AND "t3"."is_on_scale"
            AND "t3"."responded_at" IS NOT NULL
            AND "t3"."responded_at" < MAKE_TIMESTAMP(2024, 6, 11, 0, 0, 0.0)
            AND "t3"."customer_id" IS NULL
        ) AS "t5"
      ) AS "t9"
    ) AS "t11"
    GROUP BY
      1,
      2
  ) AS "t15"
    ON "t13"."period" = "t15"."period" AND "t13"."segment" = "t15"."segment"
) AS "t16"
ORDER BY
  "t16"."period" ASC,
  "t16"."segment" ASC
