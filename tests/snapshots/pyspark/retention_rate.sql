WITH `t4` AS (
  SELECT
    `t3`.`customer_id`,
    `t3`.`period`,
    `t3`.`segment`,
    SUM(`t3`.`amount`) AS `amount`,
    SUM(CAST(IF(`t3`.`is_activity`, 1, 0) AS BIGINT)) AS `orders`,
    MIN(IF(`t3`.`is_activity`, `t3`.`ordered_at`, NULL)) AS `first_at`,
    MAX(IF(`t3`.`is_activity`, `t3`.`ordered_at`, NULL)) AS `last_at`
  FROM (
    SELECT
      `t0`.`customer_id`,
      `t0`.`ordered_at`,
      COALESCE((
        `t0`.`amount` >= 0
      ) AND NOT (
        COALESCE(`t0`.`is_refund`, FALSE)
      ), FALSE) AS `is_activity`,
      DATEDIFF(DAY, MAKE_DATE(1970, 1, 1), CAST(`t0`.`ordered_at` AS DATE)) AS `day`,
      CAST(FLOOR(
        CAST((
          (
            CAST(EXTRACT(year FROM `t0`.`ordered_at`) AS BIGINT) * 12
          ) + EXTRACT(month FROM `t0`.`ordered_at`)
        ) - 1 AS DOUBLE) / NULLIF(3.0, 0)
      ) AS BIGINT) AS `period`,
      'all' AS `segment`,
      `t0`.`amount`
    FROM `orders` AS `t0`
    WHERE
      `t0`.`customer_id` IS NOT NULL
      AND `t0`.`ordered_at` IS NOT NULL
      AND `t0`.`ordered_at` < CAST('2024-06-11T00:00:00' AS TIMESTAMP)
  ) AS `t3`
  GROUP BY
    1,
    2,
    3
), `t6` AS (
  SELECT
    `t5`.`customer_id`,
    `t5`.`segment`,
    `t5`.`period` + 1 AS `period`
  FROM `t4` AS `t5`
  WHERE
    `t5`.`orders` > 0
)
SELECT
  *
FROM (
  SELECT
    MAKE_DATE(
      CAST(CAST(FLOOR(CAST(`t18`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
      CAST((
        (
          `t18`.`period` * 3
        ) - (
          CAST(CAST(FLOOR(CAST(`t18`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
        )
      ) + 1 AS INT),
      1
    ) AS `period`,
    `t18`.`segment`,
    IF(
      CASE
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST(`t18`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  `t18`.`period` * 3
                ) - (
                  CAST(CAST(FLOOR(CAST(`t18`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= `t18`.`end`
        THEN 'not_yet_observed'
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t18`.`period` + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t18`.`period` + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t18`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > `t18`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t21`.`numerator`, 0),
      CAST(NULL AS DOUBLE)
    ) AS `numerator`,
    IF(
      CASE
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST(`t18`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  `t18`.`period` * 3
                ) - (
                  CAST(CAST(FLOOR(CAST(`t18`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= `t18`.`end`
        THEN 'not_yet_observed'
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t18`.`period` + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t18`.`period` + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t18`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > `t18`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t21`.`denominator`, 0),
      CAST(NULL AS DOUBLE)
    ) AS `denominator`,
    IF(
      CASE
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST(`t18`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  `t18`.`period` * 3
                ) - (
                  CAST(CAST(FLOOR(CAST(`t18`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= `t18`.`end`
        THEN 'not_yet_observed'
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t18`.`period` + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t18`.`period` + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t18`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > `t18`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t21`.`n`, 0),
      CAST(NULL AS BIGINT)
    ) AS `n`,
    IF(
      CASE
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST(`t18`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  `t18`.`period` * 3
                ) - (
                  CAST(CAST(FLOOR(CAST(`t18`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= `t18`.`end`
        THEN 'not_yet_observed'
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t18`.`period` + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t18`.`period` + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t18`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > `t18`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t21`.`sum_xx`, 0),
      CAST(NULL AS DOUBLE)
    ) AS `sum_xx`,
    IF(
      CASE
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST(`t18`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  `t18`.`period` * 3
                ) - (
                  CAST(CAST(FLOOR(CAST(`t18`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= `t18`.`end`
        THEN 'not_yet_observed'
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t18`.`period` + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t18`.`period` + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t18`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > `t18`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t21`.`sum_yy`, 0),
      CAST(NULL AS DOUBLE)
    ) AS `sum_yy`,
    IF(
      CASE
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST(`t18`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  `t18`.`period` * 3
                ) - (
                  CAST(CAST(FLOOR(CAST(`t18`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= `t18`.`end`
        THEN 'not_yet_observed'
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t18`.`period` + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t18`.`period` + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t18`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > `t18`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t21`.`sum_xy`, 0),
      CAST(NULL AS DOUBLE)
    ) AS `sum_xy`,
    IF(
      CASE
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST(`t18`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  `t18`.`period` * 3
                ) - (
                  CAST(CAST(FLOOR(CAST(`t18`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= `t18`.`end`
        THEN 'not_yet_observed'
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t18`.`period` + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t18`.`period` + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t18`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > `t18`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t21`.`sum_ww`, 0),
      CAST(NULL AS DOUBLE)
    ) AS `sum_ww`,
    CASE
      WHEN (
        DATEDIFF(
          DAY,
          MAKE_DATE(1970, 1, 1),
          MAKE_DATE(
            CAST(CAST(FLOOR(CAST(`t18`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
            CAST((
              (
                `t18`.`period` * 3
              ) - (
                CAST(CAST(FLOOR(CAST(`t18`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT),
            1
          )
        ) + 0
      ) >= `t18`.`end`
      THEN 'not_yet_observed'
      WHEN (
        DATEDIFF(
          DAY,
          MAKE_DATE(1970, 1, 1),
          MAKE_DATE(
            CAST(CAST(FLOOR(CAST((
              `t18`.`period` + 1
            ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
            CAST((
              (
                (
                  `t18`.`period` + 1
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  `t18`.`period` + 1
                ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT),
            1
          )
        ) + 0
      ) > `t18`.`end`
      THEN 'partial'
      ELSE 'complete'
    END AS `status`
  FROM (
    SELECT
      `t14`.`end`,
      `t14`.`first`,
      `t14`.`last`,
      `t14`.`period`,
      'all' AS `segment`
    FROM (
      SELECT
        `t8`.`end`,
        `t8`.`first`,
        `t8`.`last`,
        EXPLODE(
          IF(
            (
              1 <> 0
            )
            AND (
              SIGN(1) = SIGN((
                `t8`.`last` + 1
              ) - (
                `t8`.`first` + 1
              ))
            ),
            IF(
              ELEMENT_AT(
                SEQUENCE(`t8`.`first` + 1, `t8`.`last` + 1, 1),
                SIZE(SEQUENCE(`t8`.`first` + 1, `t8`.`last` + 1, 1))
              ) = (
                `t8`.`last` + 1
              ),
              SLICE(
                SEQUENCE(`t8`.`first` + 1, `t8`.`last` + 1, 1),
                1,
                SIZE(SEQUENCE(`t8`.`first` + 1, `t8`.`last` + 1, 1)) - 1
              ),
              SEQUENCE(`t8`.`first` + 1, `t8`.`last` + 1, 1)
            ),
            ARRAY()
          )
        ) AS `period`
      FROM (
        SELECT
          DATEDIFF(DAY, MAKE_DATE(1970, 1, 1), MAKE_DATE(2024, 6, 11)) AS `end`,
          CAST(FLOOR(
            CAST((
              (
                CAST(EXTRACT(year FROM `t2`.`oldest`) AS BIGINT) * 12
              ) + EXTRACT(month FROM `t2`.`oldest`)
            ) - 1 AS DOUBLE) / NULLIF(3.0, 0)
          ) AS BIGINT) AS `first`,
          CAST(FLOOR(
            CAST((
              (
                CAST(EXTRACT(year FROM MAKE_DATE(2024, 6, 11) - INTERVAL '1' DAY) AS BIGINT) * 12
              ) + EXTRACT(month FROM MAKE_DATE(2024, 6, 11) - INTERVAL '1' DAY)
            ) - 1 AS DOUBLE) / NULLIF(3.0, 0)
          ) AS BIGINT) AS `last`
        FROM (
          SELECT
            MIN(`t1`.`ordered_at`) AS `oldest`
          FROM (
            SELECT
              `t0`.`customer_id`,
              `t0`.`ordered_at`,
              `t0`.`amount`,
              `t0`.`channel`,
              `t0`.`is_refund`,
              COALESCE((
                `t0`.`amount` >= 0
              ) AND NOT (
                COALESCE(`t0`.`is_refund`, FALSE)
              ), FALSE) AS `is_activity`
            FROM `orders` AS `t0`
            WHERE
              `t0`.`customer_id` IS NOT NULL
              AND `t0`.`ordered_at` IS NOT NULL
              AND `t0`.`ordered_at` < CAST('2024-06-11T00:00:00' AS TIMESTAMP)
          ) AS `t1`
        ) AS `t2`
      ) AS `t8`
    ) AS `t14`
  ) AS `t18`
  LEFT OUTER JOIN (
    SELECT
      `t13`.`period`,
      `t13`.`segment`,
      CAST(COALESCE(`t19`.`x`, 0) AS DOUBLE) AS `numerator`,
      CAST(`t13`.`y` AS DOUBLE) AS `denominator`,
      `t13`.`y` AS `n`,
      CAST(COALESCE(`t19`.`x`, 0) AS DOUBLE) AS `sum_xx`,
      CAST(`t13`.`y` AS DOUBLE) AS `sum_yy`,
      CAST(COALESCE(`t19`.`x`, 0) AS DOUBLE) AS `sum_xy`,
      0.0 AS `sum_ww`
    FROM (
      SELECT
        `t9`.`period`,
        `t9`.`segment`,
        COUNT(*) AS `y`
      FROM `t6` AS `t9`
      GROUP BY
        1,
        2
    ) AS `t13`
    LEFT OUTER JOIN (
      SELECT
        `t15`.`period`,
        `t15`.`segment`,
        COUNT(*) AS `x`
      FROM (
        SELECT
          `t11`.`customer_id`,
          `t11`.`segment`,
          `t11`.`period`
        FROM `t6` AS `t11`
        LEFT SEMI JOIN (
          SELECT
            `t5`.`customer_id`,
            `t5`.`period`
          FROM `t4` AS `t5`
          WHERE
            `t5`.`orders` > 0
        ) AS `t10`
          ON `t11`.`customer_id` = `t10`.`customer_id` AND `t11`.`period` = `t10`.`period`
      ) AS `t15`
      GROUP BY
        1,
        2
    ) AS `t19`
      ON `t13`.`period` = `t19`.`period` AND `t13`.`segment` = `t19`.`segment`
  ) AS `t21`
    ON `t18`.`period` = `t21`.`period` AND `t18`.`segment` = `t21`.`segment`
) AS `t22`
ORDER BY
  `t22`.`period` ASC NULLS LAST,
  `t22`.`segment` ASC NULLS LAST
