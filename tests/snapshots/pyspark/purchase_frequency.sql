WITH `t2` AS (
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
), `t3` AS (
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
), `t12` AS (
  SELECT
    *
  FROM (
    SELECT
      `t5`.`customer_id`,
      `t5`.`period`,
      `t5`.`segment`,
      SUM(`t5`.`amount`) AS `amount`,
      SUM(CAST(IF(`t5`.`is_activity`, 1, 0) AS BIGINT)) AS `orders`,
      MIN(IF(`t5`.`is_activity`, `t5`.`ordered_at`, NULL)) AS `first_at`,
      MAX(IF(`t5`.`is_activity`, `t5`.`ordered_at`, NULL)) AS `last_at`
    FROM `t3` AS `t5`
    GROUP BY
      1,
      2,
      3
  ) AS `t11`
  WHERE
    `t11`.`orders` > 0
), `t18` AS (
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
            CAST(EXTRACT(year FROM `t4`.`oldest`) AS BIGINT) * 12
          ) + EXTRACT(month FROM `t4`.`oldest`)
        ) - 1 AS DOUBLE) / NULLIF(3.0, 0)
      ) AS BIGINT) AS `first`,
      CAST(FLOOR(
        CAST((
          (
            CAST(EXTRACT(year FROM MAKE_DATE(2024, 6, 11) - INTERVAL '1' DAY) AS BIGINT) * 12
          ) + EXTRACT(month FROM MAKE_DATE(2024, 6, 11) - INTERVAL '1' DAY)
        ) - 1 AS DOUBLE) / NULLIF(3.0, 0)
      ) AS BIGINT) AS `last`
    FROM `t2` AS `t4`
  ) AS `t14`
), `t24` AS (
  SELECT
    `t21`.`customer_id`,
    MIN(DATEDIFF(DAY, MAKE_DATE(1970, 1, 1), CAST(`t21`.`first_at` AS DATE))) AS `first_day`,
    MIN(`t21`.`period`) AS `period`,
    MIN(`t21`.`segment`) AS `segment`
  FROM (
    SELECT
      `t17`.`customer_id`,
      `t17`.`first_at`,
      `t15`.`period`,
      `t15`.`segment`,
      `t15`.`amount`,
      `t15`.`orders`,
      `t15`.`last_at`
    FROM (
      SELECT
        `t13`.`customer_id`,
        MIN(`t13`.`first_at`) AS `first_at`
      FROM `t12` AS `t13`
      GROUP BY
        1
    ) AS `t17`
    INNER JOIN `t12` AS `t15`
      ON `t17`.`customer_id` = `t15`.`customer_id` AND `t17`.`first_at` = `t15`.`first_at`
  ) AS `t21`
  GROUP BY
    1
)
SELECT
  *
FROM (
  SELECT
    MAKE_DATE(
      CAST(CAST(FLOOR(CAST(`t23`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
      CAST((
        (
          `t23`.`period` * 3
        ) - (
          CAST(CAST(FLOOR(CAST(`t23`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
        )
      ) + 1 AS INT),
      1
    ) AS `period`,
    `t23`.`segment`,
    IF(
      CASE
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST(`t23`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  `t23`.`period` * 3
                ) - (
                  CAST(CAST(FLOOR(CAST(`t23`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= `t23`.`end`
        THEN 'not_yet_observed'
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t23`.`period` + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t23`.`period` + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t23`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > `t23`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t42`.`numerator`, 0),
      CAST(NULL AS DOUBLE)
    ) AS `numerator`,
    IF(
      CASE
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST(`t23`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  `t23`.`period` * 3
                ) - (
                  CAST(CAST(FLOOR(CAST(`t23`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= `t23`.`end`
        THEN 'not_yet_observed'
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t23`.`period` + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t23`.`period` + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t23`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > `t23`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t42`.`denominator`, 0),
      CAST(NULL AS DOUBLE)
    ) AS `denominator`,
    IF(
      CASE
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST(`t23`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  `t23`.`period` * 3
                ) - (
                  CAST(CAST(FLOOR(CAST(`t23`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= `t23`.`end`
        THEN 'not_yet_observed'
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t23`.`period` + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t23`.`period` + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t23`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > `t23`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t42`.`n`, 0),
      CAST(NULL AS BIGINT)
    ) AS `n`,
    IF(
      CASE
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST(`t23`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  `t23`.`period` * 3
                ) - (
                  CAST(CAST(FLOOR(CAST(`t23`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= `t23`.`end`
        THEN 'not_yet_observed'
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t23`.`period` + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t23`.`period` + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t23`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > `t23`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t42`.`sum_xx`, 0),
      CAST(NULL AS DOUBLE)
    ) AS `sum_xx`,
    IF(
      CASE
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST(`t23`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  `t23`.`period` * 3
                ) - (
                  CAST(CAST(FLOOR(CAST(`t23`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= `t23`.`end`
        THEN 'not_yet_observed'
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t23`.`period` + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t23`.`period` + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t23`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > `t23`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t42`.`sum_yy`, 0),
      CAST(NULL AS DOUBLE)
    ) AS `sum_yy`,
    IF(
      CASE
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST(`t23`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  `t23`.`period` * 3
                ) - (
                  CAST(CAST(FLOOR(CAST(`t23`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= `t23`.`end`
        THEN 'not_yet_observed'
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t23`.`period` + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t23`.`period` + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t23`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > `t23`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t42`.`sum_xy`, 0),
      CAST(NULL AS DOUBLE)
    ) AS `sum_xy`,
    IF(
      CASE
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST(`t23`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  `t23`.`period` * 3
                ) - (
                  CAST(CAST(FLOOR(CAST(`t23`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= `t23`.`end`
        THEN 'not_yet_observed'
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t23`.`period` + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t23`.`period` + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t23`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > `t23`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t42`.`sum_ww`, 0),
      CAST(NULL AS DOUBLE)
    ) AS `sum_ww`,
    CASE
      WHEN (
        DATEDIFF(
          DAY,
          MAKE_DATE(1970, 1, 1),
          MAKE_DATE(
            CAST(CAST(FLOOR(CAST(`t23`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
            CAST((
              (
                `t23`.`period` * 3
              ) - (
                CAST(CAST(FLOOR(CAST(`t23`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT),
            1
          )
        ) + 0
      ) >= `t23`.`end`
      THEN 'not_yet_observed'
      WHEN (
        DATEDIFF(
          DAY,
          MAKE_DATE(1970, 1, 1),
          MAKE_DATE(
            CAST(CAST(FLOOR(CAST((
              `t23`.`period` + 1
            ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
            CAST((
              (
                (
                  `t23`.`period` + 1
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  `t23`.`period` + 1
                ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT),
            1
          )
        ) + 0
      ) > `t23`.`end`
      THEN 'partial'
      ELSE 'complete'
    END AS `status`
  FROM (
    SELECT
      `t19`.`end`,
      `t19`.`first`,
      `t19`.`last`,
      `t19`.`period`,
      'all' AS `segment`
    FROM `t18` AS `t19`
  ) AS `t23`
  LEFT OUTER JOIN (
    SELECT
      `t39`.`period`,
      `t39`.`segment`,
      COALESCE(`t40`.`numerator`, 0) AS `numerator`,
      `t39`.`denominator`,
      `t39`.`n`,
      COALESCE(`t40`.`sum_xx`, 0) AS `sum_xx`,
      `t39`.`sum_yy`,
      COALESCE(`t40`.`sum_xy`, 0) AS `sum_xy`,
      0.0 AS `sum_ww`
    FROM (
      SELECT
        `t35`.`period`,
        `t35`.`segment`,
        SUM(`t35`.`alike` * `t35`.`years`) AS `denominator`,
        SUM(`t35`.`alike`) AS `n`,
        SUM(`t35`.`alike` * `t35`.`years` * `t35`.`years`) AS `sum_yy`
      FROM (
        SELECT
          *
        FROM (
          SELECT
            `t32`.`first_day`,
            `t32`.`segment`,
            `t32`.`alike`,
            `t32`.`end`,
            `t32`.`first`,
            `t32`.`last`,
            `t32`.`period`,
            CAST((
              LEAST(
                DATEDIFF(
                  DAY,
                  MAKE_DATE(1970, 1, 1),
                  MAKE_DATE(
                    CAST(CAST(FLOOR(CAST((
                      `t32`.`period` + 1
                    ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
                    CAST((
                      (
                        (
                          `t32`.`period` + 1
                        ) * 3
                      ) - (
                        CAST(CAST(FLOOR(CAST((
                          `t32`.`period` + 1
                        ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                      )
                    ) + 1 AS INT),
                    1
                  )
                ),
                `t32`.`end`
              ) - 1
            ) - GREATEST(
              `t32`.`first_day`,
              DATEDIFF(
                DAY,
                MAKE_DATE(1970, 1, 1),
                MAKE_DATE(
                  CAST(CAST(FLOOR(CAST((
                    `t32`.`period` + 0
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
                  CAST((
                    (
                      (
                        `t32`.`period` + 0
                      ) * 3
                    ) - (
                      CAST(CAST(FLOOR(CAST((
                        `t32`.`period` + 0
                      ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                    )
                  ) + 1 AS INT),
                  1
                )
              ) - 1
            ) AS DOUBLE) / NULLIF(365.25, 0) AS `years`
          FROM (
            SELECT
              `t29`.`first_day`,
              `t29`.`segment`,
              `t29`.`alike`,
              `t20`.`end`,
              `t20`.`first`,
              `t20`.`last`,
              `t20`.`period`
            FROM (
              SELECT
                `t25`.`first_day`,
                `t25`.`segment`,
                COUNT(*) AS `alike`
              FROM `t24` AS `t25`
              GROUP BY
                1,
                2
            ) AS `t29`
            CROSS JOIN `t18` AS `t20`
          ) AS `t32`
        ) AS `t34`
        WHERE
          `t34`.`years` > 0
      ) AS `t35`
      GROUP BY
        1,
        2
    ) AS `t39`
    LEFT OUTER JOIN (
      SELECT
        `t36`.`period`,
        `t36`.`segment`,
        SUM(`t36`.`x`) AS `numerator`,
        SUM(`t36`.`x` * `t36`.`x`) AS `sum_xx`,
        SUM(`t36`.`x` * `t36`.`y`) AS `sum_xy`
      FROM (
        SELECT
          `t33`.`customer_id`,
          `t33`.`period`,
          CAST(`t33`.`x` AS DOUBLE) AS `x`,
          `t33`.`first_day`,
          `t33`.`segment`,
          `t33`.`end`,
          CAST((
            LEAST(
              DATEDIFF(
                DAY,
                MAKE_DATE(1970, 1, 1),
                MAKE_DATE(
                  CAST(CAST(FLOOR(CAST((
                    `t33`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
                  CAST((
                    (
                      (
                        `t33`.`period` + 1
                      ) * 3
                    ) - (
                      CAST(CAST(FLOOR(CAST((
                        `t33`.`period` + 1
                      ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                    )
                  ) + 1 AS INT),
                  1
                )
              ),
              `t33`.`end`
            ) - 1
          ) - GREATEST(
            `t33`.`first_day`,
            DATEDIFF(
              DAY,
              MAKE_DATE(1970, 1, 1),
              MAKE_DATE(
                CAST(CAST(FLOOR(CAST((
                  `t33`.`period` + 0
                ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
                CAST((
                  (
                    (
                      `t33`.`period` + 0
                    ) * 3
                  ) - (
                    CAST(CAST(FLOOR(CAST((
                      `t33`.`period` + 0
                    ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                  )
                ) + 1 AS INT),
                1
              )
            ) - 1
          ) AS DOUBLE) / NULLIF(365.25, 0) AS `y`
        FROM (
          SELECT
            `t10`.`customer_id`,
            `t10`.`period`,
            `t10`.`visits` - CAST(IF(`t10`.`period` = `t31`.`opening`, 1, 0) AS BIGINT) AS `x`,
            `t30`.`first_day`,
            `t30`.`segment`,
            `t7`.`end`
          FROM (
            SELECT
              `t8`.`customer_id`,
              `t8`.`period`,
              COUNT(*) AS `visits`
            FROM (
              SELECT DISTINCT
                `t5`.`customer_id`,
                `t5`.`period`,
                `t5`.`day`
              FROM `t3` AS `t5`
              WHERE
                `t5`.`is_activity`
            ) AS `t8`
            GROUP BY
              1,
              2
          ) AS `t10`
          INNER JOIN (
            SELECT
              `t25`.`customer_id`,
              `t25`.`period` AS `opening`
            FROM `t24` AS `t25`
          ) AS `t31`
            ON `t10`.`customer_id` = `t31`.`customer_id`
          INNER JOIN (
            SELECT
              `t25`.`customer_id`,
              `t25`.`first_day`,
              `t25`.`segment`
            FROM `t24` AS `t25`
          ) AS `t30`
            ON `t10`.`customer_id` = `t30`.`customer_id`
          CROSS JOIN (
            SELECT
              DATEDIFF(DAY, MAKE_DATE(1970, 1, 1), MAKE_DATE(2024, 6, 11)) AS `end`
            FROM `t2` AS `t4`
          ) AS `t7`
        ) AS `t33`
      ) AS `t36`
      GROUP BY
        1,
        2
    ) AS `t40`
      ON `t39`.`period` = `t40`.`period` AND `t39`.`segment` = `t40`.`segment`
  ) AS `t42`
    ON `t23`.`period` = `t42`.`period` AND `t23`.`segment` = `t42`.`segment`
) AS `t43`
ORDER BY
  `t43`.`period` ASC NULLS LAST,
  `t43`.`segment` ASC NULLS LAST
