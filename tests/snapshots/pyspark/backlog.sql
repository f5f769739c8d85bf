WITH `t2` AS (
  SELECT
    MIN(`t1`.`opened_at`) AS `oldest`
  FROM (
    SELECT
      `t0`.`ticket_id`,
      `t0`.`customer_id`,
      `t0`.`opened_at`,
      `t0`.`first_response_at`,
      `t0`.`resolved_at`,
      DATEDIFF(DAY, MAKE_DATE(1970, 1, 1), CAST(`t0`.`opened_at` AS DATE)) AS `day`,
      0 AS `period`,
      'all' AS `segment`
    FROM `tickets` AS `t0`
    WHERE
      `t0`.`opened_at` IS NOT NULL
      AND `t0`.`opened_at` < CAST('2024-06-11T00:00:00' AS TIMESTAMP)
  ) AS `t1`
), `t13` AS (
  SELECT
    *
  FROM (
    SELECT
      `t7`.`customer_id`,
      `t7`.`segment`,
      EXPLODE(
        IF(
          (
            1 <> 0
          )
          AND (
            SIGN(1) = SIGN(COALESCE(`t7`.`kk_over`, `t8`.`kk_beyond`) - `t7`.`kk_from`)
          ),
          IF(
            ELEMENT_AT(
              SEQUENCE(`t7`.`kk_from`, COALESCE(`t7`.`kk_over`, `t8`.`kk_beyond`), 1),
              SIZE(SEQUENCE(`t7`.`kk_from`, COALESCE(`t7`.`kk_over`, `t8`.`kk_beyond`), 1))
            ) = COALESCE(`t7`.`kk_over`, `t8`.`kk_beyond`),
            SLICE(
              SEQUENCE(`t7`.`kk_from`, COALESCE(`t7`.`kk_over`, `t8`.`kk_beyond`), 1),
              1,
              SIZE(SEQUENCE(`t7`.`kk_from`, COALESCE(`t7`.`kk_over`, `t8`.`kk_beyond`), 1)) - 1
            ),
            SEQUENCE(`t7`.`kk_from`, COALESCE(`t7`.`kk_over`, `t8`.`kk_beyond`), 1)
          ),
          ARRAY()
        )
      ) AS `period`,
      1 AS `x`,
      1 AS `y`
    FROM (
      SELECT
        `t0`.`customer_id`,
        'all' AS `segment`,
        CAST(FLOOR(
          CAST((
            (
              CAST(EXTRACT(year FROM `t0`.`opened_at`) AS BIGINT) * 12
            ) + EXTRACT(month FROM `t0`.`opened_at`)
          ) - 1 AS DOUBLE) / NULLIF(3.0, 0)
        ) AS BIGINT) AS `kk_from`,
        IF(
          COALESCE(`t0`.`resolved_at` < CAST(MAKE_DATE(2024, 6, 11) AS TIMESTAMP), FALSE),
          CAST(FLOOR(
            CAST((
              (
                CAST(EXTRACT(year FROM `t0`.`resolved_at`) AS BIGINT) * 12
              ) + EXTRACT(month FROM `t0`.`resolved_at`)
            ) - 1 AS DOUBLE) / NULLIF(3.0, 0)
          ) AS BIGINT),
          CAST(NULL AS BIGINT)
        ) AS `kk_over`
      FROM `tickets` AS `t0`
      WHERE
        `t0`.`opened_at` IS NOT NULL
        AND `t0`.`opened_at` < CAST('2024-06-11T00:00:00' AS TIMESTAMP)
    ) AS `t7`
    CROSS JOIN (
      SELECT
        CAST(FLOOR(
          CAST((
            (
              CAST(EXTRACT(year FROM MAKE_DATE(2024, 6, 11) - INTERVAL '1' DAY) AS BIGINT) * 12
            ) + EXTRACT(month FROM MAKE_DATE(2024, 6, 11) - INTERVAL '1' DAY)
          ) - 1 AS DOUBLE) / NULLIF(3.0, 0)
        ) AS BIGINT) + 1 AS `kk_beyond`
      FROM `t2` AS `t3`
    ) AS `t8`
  ) AS `t11`
  UNION ALL
  SELECT
    *
  FROM (
    SELECT
      CAST(NULL AS STRING) AS `customer_id`,
      `t9`.`segment`,
      `t9`.`period`,
      0 AS `x`,
      0 AS `y`
    FROM (
      SELECT
        `t4`.`segment`,
        MIN(`t4`.`period`) AS `period`
      FROM (
        SELECT
          `t0`.`ticket_id`,
          `t0`.`customer_id`,
          `t0`.`opened_at`,
          `t0`.`first_response_at`,
          `t0`.`resolved_at`,
          DATEDIFF(DAY, MAKE_DATE(1970, 1, 1), CAST(`t0`.`opened_at` AS DATE)) AS `day`,
          CAST(FLOOR(
            CAST((
              (
                CAST(EXTRACT(year FROM `t0`.`opened_at`) AS BIGINT) * 12
              ) + EXTRACT(month FROM `t0`.`opened_at`)
            ) - 1 AS DOUBLE) / NULLIF(3.0, 0)
          ) AS BIGINT) AS `period`,
          'all' AS `segment`
        FROM `tickets` AS `t0`
        WHERE
          `t0`.`opened_at` IS NOT NULL
          AND `t0`.`opened_at` < CAST('2024-06-11T00:00:00' AS TIMESTAMP)
      ) AS `t4`
      GROUP BY
        1
    ) AS `t9`
  ) AS `t10`
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
          ) + 0
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
          ) + 0
        ) > `t20`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t24`.`numerator`, 0),
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
          ) + 0
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
          ) + 0
        ) > `t20`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t24`.`n`, 0),
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
          ) + 0
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
          ) + 0
        ) > `t20`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t24`.`sum_xx`, 0),
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
          ) + 0
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
          ) + 0
        ) > `t20`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t24`.`sum_yy`, 0),
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
          ) + 0
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
          ) + 0
        ) > `t20`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t24`.`sum_xy`, 0),
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
          ) + 0
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
          ) + 0
        ) > `t20`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t24`.`sum_ww`, 0),
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
        ) + 0
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
        ) + 0
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
                CAST(EXTRACT(year FROM `t3`.`oldest`) AS BIGINT) * 12
              ) + EXTRACT(month FROM `t3`.`oldest`)
            ) - 1 AS DOUBLE) / NULLIF(3.0, 0)
          ) AS BIGINT) AS `first`,
          CAST(FLOOR(
            CAST((
              (
                CAST(EXTRACT(year FROM MAKE_DATE(2024, 6, 11) - INTERVAL '1' DAY) AS BIGINT) * 12
              ) + EXTRACT(month FROM MAKE_DATE(2024, 6, 11) - INTERVAL '1' DAY)
            ) - 1 AS DOUBLE) / NULLIF(3.0, 0)
          ) AS BIGINT) AS `last`
        FROM `t2` AS `t3`
      ) AS `t12`
    ) AS `t17`
  ) AS `t20`
  LEFT OUTER JOIN (
    SELECT
      `t22`.`period`,
      `t22`.`segment`,
      SUM(`t22`.`x`) AS `numerator`,
      SUM(`t22`.`y`) AS `denominator`,
      SUM(CAST(IF(`t22`.`y` <> 0, 1, 0) AS BIGINT)) AS `n`,
      SUM(`t22`.`x` * `t22`.`x`) AS `sum_xx`,
      SUM(`t22`.`y` * `t22`.`y`) AS `sum_yy`,
      SUM(`t22`.`x` * `t22`.`y`) AS `sum_xy`,
      0.0 AS `sum_ww`
    FROM (
      SELECT
        *
      FROM (
        SELECT
          *
        FROM (
          SELECT
            `t16`.`customer_id`,
            `t16`.`period`,
            `t16`.`segment`,
            SUM(`t16`.`x`) AS `x`,
            SUM(`t16`.`y`) AS `y`
          FROM (
            SELECT
              `t14`.`customer_id`,
              `t14`.`period`,
              `t14`.`segment`,
              CAST(`t14`.`x` AS DOUBLE) AS `x`,
              CAST(`t14`.`y` AS DOUBLE) AS `y`
            FROM `t13` AS `t14`
            WHERE
              `t14`.`customer_id` IS NOT NULL
          ) AS `t16`
          GROUP BY
            1,
            2,
            3
        ) AS `t19`
        UNION ALL
        SELECT
          *
        FROM (
          SELECT
            `t14`.`customer_id`,
            `t14`.`period`,
            `t14`.`segment`,
            CAST(`t14`.`x` AS DOUBLE) AS `x`,
            CAST(`t14`.`y` AS DOUBLE) AS `y`
          FROM `t13` AS `t14`
          WHERE
            `t14`.`customer_id` IS NULL
        ) AS `t15`
      ) AS `t21`
    ) AS `t22`
    GROUP BY
      1,
      2
  ) AS `t24`
    ON `t20`.`period` = `t24`.`period` AND `t20`.`segment` = `t24`.`segment`
) AS `t25`
ORDER BY
  `t25`.`period` ASC NULLS LAST,
  `t25`.`segment` ASC NULLS LAST
