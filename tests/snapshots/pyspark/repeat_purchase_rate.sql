WITH `t4` AS (
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
), `t11` AS (
  SELECT
    *
  FROM (
    SELECT
      `t6`.`customer_id`,
      `t6`.`period`,
      `t6`.`segment`,
      SUM(`t6`.`amount`) AS `amount`,
      SUM(CAST(IF(`t6`.`is_activity`, 1, 0) AS BIGINT)) AS `orders`,
      MIN(IF(`t6`.`is_activity`, `t6`.`ordered_at`, NULL)) AS `first_at`,
      MAX(IF(`t6`.`is_activity`, `t6`.`ordered_at`, NULL)) AS `last_at`
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
    ) AS `t6`
    GROUP BY
      1,
      2,
      3
  ) AS `t10`
  WHERE
    `t10`.`orders` > 0
), `t21` AS (
  SELECT
    `t18`.`customer_id`,
    MIN(DATEDIFF(DAY, MAKE_DATE(1970, 1, 1), CAST(`t18`.`first_at` AS DATE))) AS `first_day`,
    MIN(`t18`.`period`) AS `period`,
    MIN(`t18`.`segment`) AS `segment`
  FROM (
    SELECT
      `t16`.`customer_id`,
      `t16`.`first_at`,
      `t13`.`period`,
      `t13`.`segment`,
      `t13`.`amount`,
      `t13`.`orders`,
      `t13`.`last_at`
    FROM (
      SELECT
        `t12`.`customer_id`,
        MIN(`t12`.`first_at`) AS `first_at`
      FROM `t11` AS `t12`
      GROUP BY
        1
    ) AS `t16`
    INNER JOIN `t11` AS `t13`
      ON `t16`.`customer_id` = `t13`.`customer_id` AND `t16`.`first_at` = `t13`.`first_at`
  ) AS `t18`
  GROUP BY
    1
)
SELECT
  *
FROM (
  SELECT
    MAKE_DATE(
      CAST(CAST(FLOOR(CAST(`t20`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
      CAST((
        (
          `t20`.`period` * 3
        ) - (
          CAST(CAST(FLOOR(CAST(`t20`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
        )
      ) + 1 AS INT),
      1
    ) AS `period`,
    `t20`.`segment`,
    IF(
      CASE
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST(`t20`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  `t20`.`period` * 3
                ) - (
                  CAST(CAST(FLOOR(CAST(`t20`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 90
        ) >= `t20`.`end`
        THEN 'not_yet_observed'
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t20`.`period` + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t20`.`period` + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t20`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 90
        ) > `t20`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t35`.`numerator`, 0),
      CAST(NULL AS DOUBLE)
    ) AS `numerator`,
    IF(
      CASE
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST(`t20`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  `t20`.`period` * 3
                ) - (
                  CAST(CAST(FLOOR(CAST(`t20`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 90
        ) >= `t20`.`end`
        THEN 'not_yet_observed'
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t20`.`period` + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t20`.`period` + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t20`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 90
        ) > `t20`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t35`.`denominator`, 0),
      CAST(NULL AS DOUBLE)
    ) AS `denominator`,
    IF(
      CASE
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST(`t20`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  `t20`.`period` * 3
                ) - (
                  CAST(CAST(FLOOR(CAST(`t20`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 90
        ) >= `t20`.`end`
        THEN 'not_yet_observed'
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t20`.`period` + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t20`.`period` + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t20`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 90
        ) > `t20`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t35`.`n`, 0),
      CAST(NULL AS BIGINT)
    ) AS `n`,
    IF(
      CASE
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST(`t20`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  `t20`.`period` * 3
                ) - (
                  CAST(CAST(FLOOR(CAST(`t20`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 90
        ) >= `t20`.`end`
        THEN 'not_yet_observed'
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t20`.`period` + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t20`.`period` + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t20`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 90
        ) > `t20`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t35`.`sum_xx`, 0),
      CAST(NULL AS DOUBLE)
    ) AS `sum_xx`,
    IF(
      CASE
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST(`t20`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  `t20`.`period` * 3
                ) - (
                  CAST(CAST(FLOOR(CAST(`t20`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 90
        ) >= `t20`.`end`
        THEN 'not_yet_observed'
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t20`.`period` + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t20`.`period` + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t20`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 90
        ) > `t20`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t35`.`sum_yy`, 0),
      CAST(NULL AS DOUBLE)
    ) AS `sum_yy`,
    IF(
      CASE
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST(`t20`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  `t20`.`period` * 3
                ) - (
                  CAST(CAST(FLOOR(CAST(`t20`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 90
        ) >= `t20`.`end`
        THEN 'not_yet_observed'
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t20`.`period` + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t20`.`period` + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t20`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 90
        ) > `t20`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t35`.`sum_xy`, 0),
      CAST(NULL AS DOUBLE)
    ) AS `sum_xy`,
    IF(
      CASE
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST(`t20`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  `t20`.`period` * 3
                ) - (
                  CAST(CAST(FLOOR(CAST(`t20`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 90
        ) >= `t20`.`end`
        THEN 'not_yet_observed'
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t20`.`period` + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t20`.`period` + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t20`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 90
        ) > `t20`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t35`.`sum_ww`, 0),
      CAST(NULL AS DOUBLE)
    ) AS `sum_ww`,
    CASE
      WHEN (
        DATEDIFF(
          DAY,
          MAKE_DATE(1970, 1, 1),
          MAKE_DATE(
            CAST(CAST(FLOOR(CAST(`t20`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
            CAST((
              (
                `t20`.`period` * 3
              ) - (
                CAST(CAST(FLOOR(CAST(`t20`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT),
            1
          )
        ) + 90
      ) >= `t20`.`end`
      THEN 'not_yet_observed'
      WHEN (
        DATEDIFF(
          DAY,
          MAKE_DATE(1970, 1, 1),
          MAKE_DATE(
            CAST(CAST(FLOOR(CAST((
              `t20`.`period` + 1
            ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
            CAST((
              (
                (
                  `t20`.`period` + 1
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  `t20`.`period` + 1
                ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT),
            1
          )
        ) + 90
      ) > `t20`.`end`
      THEN 'partial'
      ELSE 'complete'
    END AS `status`
  FROM (
    SELECT
      `t17`.`end`,
      `t17`.`first`,
      `t17`.`last`,
      `t17`.`period`,
      'all' AS `segment`
    FROM (
      SELECT
        `t14`.`end`,
        `t14`.`first`,
        `t14`.`last`,
        EXPLODE(
          IF(
            (
              1 <> 0
            )
            AND (
              SIGN(1) = SIGN((
                `t14`.`last` + 1
              ) - (
                `t14`.`first` + 0
              ))
            ),
            IF(
              ELEMENT_AT(
                SEQUENCE(`t14`.`first` + 0, `t14`.`last` + 1, 1),
                SIZE(SEQUENCE(`t14`.`first` + 0, `t14`.`last` + 1, 1))
              ) = (
                `t14`.`last` + 1
              ),
              SLICE(
                SEQUENCE(`t14`.`first` + 0, `t14`.`last` + 1, 1),
                1,
                SIZE(SEQUENCE(`t14`.`first` + 0, `t14`.`last` + 1, 1)) - 1
              ),
              SEQUENCE(`t14`.`first` + 0, `t14`.`last` + 1, 1)
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
                CAST(EXTRACT(year FROM `t7`.`oldest`) AS BIGINT) * 12
              ) + EXTRACT(month FROM `t7`.`oldest`)
            ) - 1 AS DOUBLE) / NULLIF(3.0, 0)
          ) AS BIGINT) AS `first`,
          CAST(FLOOR(
            CAST((
              (
                CAST(EXTRACT(year FROM MAKE_DATE(2024, 6, 11) - INTERVAL '1' DAY) AS BIGINT) * 12
              ) + EXTRACT(month FROM MAKE_DATE(2024, 6, 11) - INTERVAL '1' DAY)
            ) - 1 AS DOUBLE) / NULLIF(3.0, 0)
          ) AS BIGINT) AS `last`
        FROM `t4` AS `t7`
      ) AS `t14`
    ) AS `t17`
  ) AS `t20`
  LEFT OUTER JOIN (
    SELECT
      `t33`.`period`,
      `t33`.`segment`,
      SUM(`t33`.`x`) AS `numerator`,
      SUM(`t33`.`y`) AS `denominator`,
      COUNT(*) AS `n`,
      SUM(`t33`.`x` * `t33`.`x`) AS `sum_xx`,
      SUM(`t33`.`y` * `t33`.`y`) AS `sum_yy`,
      SUM(`t33`.`x` * `t33`.`y`) AS `sum_xy`,
      0.0 AS `sum_ww`
    FROM (
      SELECT
        `t32`.`customer_id`,
        `t32`.`period`,
        `t32`.`segment`,
        CAST(`t32`.`x` AS DOUBLE) AS `x`,
        CAST(`t32`.`y` AS DOUBLE) AS `y`
      FROM (
        SELECT
          `t29`.`customer_id`,
          `t29`.`period`,
          `t29`.`segment`,
          CAST(IF(`t31`.`customer_id` IS NOT NULL, 1, 0) AS BIGINT) AS `x`,
          1 AS `y`
        FROM (
          SELECT
            *
          FROM (
            SELECT
              `t23`.`customer_id`,
              `t23`.`first_day`,
              `t23`.`period`,
              `t23`.`segment`,
              `t9`.`end`
            FROM `t21` AS `t23`
            CROSS JOIN (
              SELECT
                DATEDIFF(DAY, MAKE_DATE(1970, 1, 1), MAKE_DATE(2024, 6, 11)) AS `end`
              FROM `t4` AS `t7`
            ) AS `t9`
          ) AS `t25`
          WHERE
            (
              `t25`.`first_day` + 90
            ) < `t25`.`end`
        ) AS `t29`
        LEFT OUTER JOIN (
          SELECT DISTINCT
            `t28`.`customer_id`
          FROM (
            SELECT
              `t5`.`customer_id`,
              `t5`.`ordered_at`,
              `t5`.`is_activity`,
              `t5`.`day`,
              `t5`.`period`,
              `t5`.`segment`,
              `t5`.`amount`,
              `t26`.`first_day`
            FROM (
              SELECT
                *
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
                  0 AS `period`,
                  'all' AS `segment`,
                  `t0`.`amount`
                FROM `orders` AS `t0`
                WHERE
                  `t0`.`customer_id` IS NOT NULL
                  AND `t0`.`ordered_at` IS NOT NULL
                  AND `t0`.`ordered_at` < CAST('2024-06-11T00:00:00' AS TIMESTAMP)
              ) AS `t2`
              WHERE
                `t2`.`is_activity`
            ) AS `t5`
            INNER JOIN (
              SELECT
                `t22`.`customer_id`,
                `t22`.`first_day`
              FROM `t21` AS `t22`
            ) AS `t26`
              ON `t5`.`customer_id` = `t26`.`customer_id`
          ) AS `t28`
          WHERE
            `t28`.`day` > `t28`.`first_day` AND `t28`.`day` <= (
              `t28`.`first_day` + 90
            )
        ) AS `t31`
          ON `t29`.`customer_id` = `t31`.`customer_id`
      ) AS `t32`
    ) AS `t33`
    GROUP BY
      1,
      2
  ) AS `t35`
    ON `t20`.`period` = `t35`.`period` AND `t20`.`segment` = `t35`.`segment`
) AS `t36`
ORDER BY
  `t36`.`period` ASC NULLS LAST,
  `t36`.`segment` ASC NULLS LAST
