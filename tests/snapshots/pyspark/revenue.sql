SELECT
  *
FROM (
  SELECT
    MAKE_DATE(
      CAST(CAST(FLOOR(CAST(`t11`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
      CAST((
        (
          `t11`.`period` * 3
        ) - (
          CAST(CAST(FLOOR(CAST(`t11`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
        )
      ) + 1 AS INT),
      1
    ) AS `period`,
    `t11`.`segment`,
    IF(
      CASE
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST(`t11`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  `t11`.`period` * 3
                ) - (
                  CAST(CAST(FLOOR(CAST(`t11`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= `t11`.`end`
        THEN 'not_yet_observed'
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t11`.`period` + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t11`.`period` + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t11`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > `t11`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t8`.`numerator`, 0),
      CAST(NULL AS DOUBLE)
    ) AS `numerator`,
    CAST(NULL AS DOUBLE) AS `denominator`,
    IF(
      CASE
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST(`t11`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  `t11`.`period` * 3
                ) - (
                  CAST(CAST(FLOOR(CAST(`t11`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= `t11`.`end`
        THEN 'not_yet_observed'
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t11`.`period` + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t11`.`period` + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t11`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > `t11`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t8`.`n`, 0),
      CAST(NULL AS BIGINT)
    ) AS `n`,
    IF(
      CASE
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST(`t11`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  `t11`.`period` * 3
                ) - (
                  CAST(CAST(FLOOR(CAST(`t11`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= `t11`.`end`
        THEN 'not_yet_observed'
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t11`.`period` + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t11`.`period` + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t11`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > `t11`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t8`.`sum_xx`, 0),
      CAST(NULL AS DOUBLE)
    ) AS `sum_xx`,
    IF(
      CASE
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST(`t11`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  `t11`.`period` * 3
                ) - (
                  CAST(CAST(FLOOR(CAST(`t11`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= `t11`.`end`
        THEN 'not_yet_observed'
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t11`.`period` + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t11`.`period` + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t11`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > `t11`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t8`.`sum_yy`, 0),
      CAST(NULL AS DOUBLE)
    ) AS `sum_yy`,
    IF(
      CASE
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST(`t11`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  `t11`.`period` * 3
                ) - (
                  CAST(CAST(FLOOR(CAST(`t11`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= `t11`.`end`
        THEN 'not_yet_observed'
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t11`.`period` + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t11`.`period` + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t11`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > `t11`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t8`.`sum_xy`, 0),
      CAST(NULL AS DOUBLE)
    ) AS `sum_xy`,
    IF(
      CASE
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST(`t11`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  `t11`.`period` * 3
                ) - (
                  CAST(CAST(FLOOR(CAST(`t11`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= `t11`.`end`
        THEN 'not_yet_observed'
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t11`.`period` + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t11`.`period` + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t11`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > `t11`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t8`.`sum_ww`, 0),
      CAST(NULL AS DOUBLE)
    ) AS `sum_ww`,
    CASE
      WHEN (
        DATEDIFF(
          DAY,
          MAKE_DATE(1970, 1, 1),
          MAKE_DATE(
            CAST(CAST(FLOOR(CAST(`t11`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
            CAST((
              (
                `t11`.`period` * 3
              ) - (
                CAST(CAST(FLOOR(CAST(`t11`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT),
            1
          )
        ) + 0
      ) >= `t11`.`end`
      THEN 'not_yet_observed'
      WHEN (
        DATEDIFF(
          DAY,
          MAKE_DATE(1970, 1, 1),
          MAKE_DATE(
            CAST(CAST(FLOOR(CAST((
              `t11`.`period` + 1
            ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
            CAST((
              (
                (
                  `t11`.`period` + 1
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  `t11`.`period` + 1
                ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT),
            1
          )
        ) + 0
      ) > `t11`.`end`
      THEN 'partial'
      ELSE 'complete'
    END AS `status`
  FROM (
    SELECT
      `t9`.`end`,
      `t9`.`first`,
      `t9`.`last`,
      `t9`.`period`,
      'all' AS `segment`
    FROM (
      SELECT
        `t6`.`end`,
        `t6`.`first`,
        `t6`.`last`,
        EXPLODE(
          IF(
            (
              1 <> 0
            )
            AND (
              SIGN(1) = SIGN((
                `t6`.`last` + 1
              ) - (
                `t6`.`first` + 0
              ))
            ),
            IF(
              ELEMENT_AT(
                SEQUENCE(`t6`.`first` + 0, `t6`.`last` + 1, 1),
                SIZE(SEQUENCE(`t6`.`first` + 0, `t6`.`last` + 1, 1))
              ) = (
                `t6`.`last` + 1
              ),
              SLICE(
                SEQUENCE(`t6`.`first` + 0, `t6`.`last` + 1, 1),
                1,
                SIZE(SEQUENCE(`t6`.`first` + 0, `t6`.`last` + 1, 1)) - 1
              ),
              SEQUENCE(`t6`.`first` + 0, `t6`.`last` + 1, 1)
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
      ) AS `t6`
    ) AS `t9`
  ) AS `t11`
  LEFT OUTER JOIN (
    SELECT
      `t5`.`period`,
      `t5`.`segment`,
      SUM(`t5`.`x`) AS `numerator`,
      SUM(`t5`.`y`) AS `denominator`,
      COUNT(*) AS `n`,
      SUM(`t5`.`x` * `t5`.`x`) AS `sum_xx`,
      SUM(`t5`.`y` * `t5`.`y`) AS `sum_yy`,
      SUM(`t5`.`x` * `t5`.`y`) AS `sum_xy`,
      0.0 AS `sum_ww`
    FROM (
      SELECT
        `t4`.`customer_id`,
        `t4`.`period`,
        `t4`.`segment`,
        `t4`.`amount` AS `x`,
        CAST(1 AS DOUBLE) AS `y`
      FROM (
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
      ) AS `t4`
    ) AS `t5`
    GROUP BY
      1,
      2
  ) AS `t8`
    ON `t11`.`period` = `t8`.`period` AND `t11`.`segment` = `t8`.`segment`
) AS `t12`
ORDER BY
  `t12`.`period` ASC NULLS LAST,
  `t12`.`segment` ASC NULLS LAST
