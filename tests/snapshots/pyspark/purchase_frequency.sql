WITH `t3` AS (
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
), `t6` AS (
  SELECT
    *
  FROM `t3` AS `t4`
  WHERE
    `t4`.`is_activity`
), `t14` AS (
  SELECT
    `t12`.`end`,
    `t12`.`first`,
    `t12`.`last`,
    EXPLODE(
      IF(
        (
          1 <> 0
        )
        AND (
          SIGN(1) = SIGN((
            `t12`.`last` + 1
          ) - (
            `t12`.`first` + 0
          ))
        ),
        IF(
          ELEMENT_AT(
            SEQUENCE(`t12`.`first` + 0, `t12`.`last` + 1, 1),
            SIZE(SEQUENCE(`t12`.`first` + 0, `t12`.`last` + 1, 1))
          ) = (
            `t12`.`last` + 1
          ),
          SLICE(
            SEQUENCE(`t12`.`first` + 0, `t12`.`last` + 1, 1),
            1,
            SIZE(SEQUENCE(`t12`.`first` + 0, `t12`.`last` + 1, 1)) - 1
          ),
          SEQUENCE(`t12`.`first` + 0, `t12`.`last` + 1, 1)
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
  ) AS `t12`
), `t15` AS (
  SELECT
    `t13`.`customer_id`,
    MIN(`t13`.`day`) AS `first_day`,
    MIN(`t13`.`period`) AS `period`,
    MIN(`t13`.`segment`) AS `segment`
  FROM (
    SELECT
      `t11`.`customer_id`,
      `t11`.`ordered_at`,
      `t9`.`is_activity`,
      `t9`.`day`,
      `t9`.`period`,
      `t9`.`segment`,
      `t9`.`amount`
    FROM (
      SELECT
        `t8`.`customer_id`,
        MIN(`t8`.`ordered_at`) AS `ordered_at`
      FROM `t6` AS `t8`
      GROUP BY
        1
    ) AS `t11`
    INNER JOIN `t6` AS `t9`
      ON `t11`.`customer_id` = `t9`.`customer_id`
      AND `t11`.`ordered_at` = `t9`.`ordered_at`
  ) AS `t13`
  GROUP BY
    1
)
SELECT
  *
FROM (
  SELECT
    MAKE_DATE(
      CAST(CAST(FLOOR(CAST(`t22`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
      CAST((
        (
          `t22`.`period` * 3
        ) - (
          CAST(CAST(FLOOR(CAST(`t22`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
        )
      ) + 1 AS INT),
      1
    ) AS `period`,
    `t22`.`segment`,
    IF(
      CASE
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST(`t22`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  `t22`.`period` * 3
                ) - (
                  CAST(CAST(FLOOR(CAST(`t22`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= `t22`.`end`
        THEN 'not_yet_observed'
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t22`.`period` + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t22`.`period` + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t22`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > `t22`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t36`.`numerator`, 0),
      CAST(NULL AS DOUBLE)
    ) AS `numerator`,
    IF(
      CASE
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST(`t22`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  `t22`.`period` * 3
                ) - (
                  CAST(CAST(FLOOR(CAST(`t22`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= `t22`.`end`
        THEN 'not_yet_observed'
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t22`.`period` + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t22`.`period` + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t22`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > `t22`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t36`.`denominator`, 0),
      CAST(NULL AS DOUBLE)
    ) AS `denominator`,
    IF(
      CASE
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST(`t22`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  `t22`.`period` * 3
                ) - (
                  CAST(CAST(FLOOR(CAST(`t22`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= `t22`.`end`
        THEN 'not_yet_observed'
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t22`.`period` + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t22`.`period` + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t22`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > `t22`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t36`.`n`, 0),
      CAST(NULL AS BIGINT)
    ) AS `n`,
    IF(
      CASE
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST(`t22`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  `t22`.`period` * 3
                ) - (
                  CAST(CAST(FLOOR(CAST(`t22`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= `t22`.`end`
        THEN 'not_yet_observed'
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t22`.`period` + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t22`.`period` + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t22`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > `t22`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t36`.`sum_xx`, 0),
      CAST(NULL AS DOUBLE)
    ) AS `sum_xx`,
    IF(
      CASE
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST(`t22`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  `t22`.`period` * 3
                ) - (
                  CAST(CAST(FLOOR(CAST(`t22`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= `t22`.`end`
        THEN 'not_yet_observed'
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t22`.`period` + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t22`.`period` + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t22`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > `t22`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t36`.`sum_yy`, 0),
      CAST(NULL AS DOUBLE)
    ) AS `sum_yy`,
    IF(
      CASE
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST(`t22`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  `t22`.`period` * 3
                ) - (
                  CAST(CAST(FLOOR(CAST(`t22`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= `t22`.`end`
        THEN 'not_yet_observed'
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t22`.`period` + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t22`.`period` + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t22`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > `t22`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t36`.`sum_xy`, 0),
      CAST(NULL AS DOUBLE)
    ) AS `sum_xy`,
    IF(
      CASE
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST(`t22`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  `t22`.`period` * 3
                ) - (
                  CAST(CAST(FLOOR(CAST(`t22`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= `t22`.`end`
        THEN 'not_yet_observed'
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t22`.`period` + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t22`.`period` + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t22`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > `t22`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t36`.`sum_ww`, 0),
      CAST(NULL AS DOUBLE)
    ) AS `sum_ww`,
    CASE
      WHEN (
        DATEDIFF(
          DAY,
          MAKE_DATE(1970, 1, 1),
          MAKE_DATE(
            CAST(CAST(FLOOR(CAST(`t22`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
            CAST((
              (
                `t22`.`period` * 3
              ) - (
                CAST(CAST(FLOOR(CAST(`t22`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT),
            1
          )
        ) + 0
      ) >= `t22`.`end`
      THEN 'not_yet_observed'
      WHEN (
        DATEDIFF(
          DAY,
          MAKE_DATE(1970, 1, 1),
          MAKE_DATE(
            CAST(CAST(FLOOR(CAST((
              `t22`.`period` + 1
            ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
            CAST((
              (
                (
                  `t22`.`period` + 1
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  `t22`.`period` + 1
                ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT),
            1
          )
        ) + 0
      ) > `t22`.`end`
      THEN 'partial'
      ELSE 'complete'
    END AS `status`
  FROM (
    SELECT
      `t16`.`end`,
      `t16`.`first`,
      `t16`.`last`,
      `t16`.`period`,
      'all' AS `segment`
    FROM `t14` AS `t16`
  ) AS `t22`
  LEFT OUTER JOIN (
    SELECT
      `t34`.`period`,
      `t34`.`segment`,
      SUM(`t34`.`x`) AS `numerator`,
      SUM(`t34`.`y`) AS `denominator`,
      COUNT(*) AS `n`,
      SUM(`t34`.`x` * `t34`.`x`) AS `sum_xx`,
      SUM(`t34`.`y` * `t34`.`y`) AS `sum_yy`,
      SUM(`t34`.`x` * `t34`.`y`) AS `sum_xy`,
      0.0 AS `sum_ww`
    FROM (
      SELECT
        `t33`.`customer_id`,
        `t33`.`period`,
        `t33`.`segment`,
        CAST(`t33`.`x` AS DOUBLE) AS `x`,
        `t33`.`y`
      FROM (
        SELECT
          `t32`.`customer_id`,
          `t32`.`period`,
          `t32`.`segment`,
          COALESCE(`t29`.`x`, 0) AS `x`,
          CAST(`t32`.`exposure` AS DOUBLE) / NULLIF(365.25, 0) AS `y`
        FROM (
          SELECT
            *
          FROM (
            SELECT
              `t25`.`customer_id`,
              `t25`.`first_day`,
              `t25`.`segment`,
              `t25`.`end`,
              `t25`.`first`,
              `t25`.`last`,
              `t25`.`period`,
              (
                LEAST(
                  DATEDIFF(
                    DAY,
                    MAKE_DATE(1970, 1, 1),
                    MAKE_DATE(
                      CAST(CAST(FLOOR(CAST((
                        `t25`.`period` + 1
                      ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
                      CAST((
                        (
                          (
                            `t25`.`period` + 1
                          ) * 3
                        ) - (
                          CAST(CAST(FLOOR(CAST((
                            `t25`.`period` + 1
                          ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                        )
                      ) + 1 AS INT),
                      1
                    )
                  ),
                  `t25`.`end`
                ) - 1
              ) - GREATEST(
                `t25`.`first_day`,
                DATEDIFF(
                  DAY,
                  MAKE_DATE(1970, 1, 1),
                  MAKE_DATE(
                    CAST(CAST(FLOOR(CAST((
                      `t25`.`period` + 0
                    ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
                    CAST((
                      (
                        (
                          `t25`.`period` + 0
                        ) * 3
                      ) - (
                        CAST(CAST(FLOOR(CAST((
                          `t25`.`period` + 0
                        ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                      )
                    ) + 1 AS INT),
                    1
                  )
                ) - 1
              ) AS `exposure`
            FROM (
              SELECT
                `t24`.`customer_id`,
                `t24`.`first_day`,
                `t24`.`segment`,
                `t18`.`end`,
                `t18`.`first`,
                `t18`.`last`,
                `t18`.`period`
              FROM (
                SELECT
                  `t17`.`customer_id`,
                  `t17`.`first_day`,
                  `t17`.`segment`
                FROM `t15` AS `t17`
              ) AS `t24`
              CROSS JOIN `t14` AS `t18`
            ) AS `t25`
          ) AS `t30`
          WHERE
            `t30`.`exposure` > 0
        ) AS `t32`
        LEFT OUTER JOIN (
          SELECT
            `t27`.`customer_id`,
            `t27`.`period`,
            COUNT(*) AS `x`
          FROM (
            SELECT
              *
            FROM (
              SELECT
                `t7`.`customer_id`,
                `t7`.`day`,
                `t7`.`period`,
                `t23`.`first_day`
              FROM (
                SELECT DISTINCT
                  `t4`.`customer_id`,
                  `t4`.`day`,
                  `t4`.`period`
                FROM `t3` AS `t4`
                WHERE
                  `t4`.`is_activity`
              ) AS `t7`
              INNER JOIN (
                SELECT
                  `t17`.`customer_id`,
                  `t17`.`first_day`
                FROM `t15` AS `t17`
              ) AS `t23`
                ON `t7`.`customer_id` = `t23`.`customer_id`
            ) AS `t26`
            WHERE
              `t26`.`day` > `t26`.`first_day`
          ) AS `t27`
          GROUP BY
            1,
            2
        ) AS `t29`
          ON `t32`.`customer_id` = `t29`.`customer_id` AND `t32`.`period` = `t29`.`period`
      ) AS `t33`
    ) AS `t34`
    GROUP BY
      1,
      2
  ) AS `t36`
    ON `t22`.`period` = `t36`.`period` AND `t22`.`segment` = `t36`.`segment`
) AS `t37`
ORDER BY
  `t37`.`period` ASC NULLS LAST,
  `t37`.`segment` ASC NULLS LAST
