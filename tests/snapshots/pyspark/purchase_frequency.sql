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
), `t10` AS (
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
), `t15` AS (
  SELECT
    `t11`.`customer_id`,
    `t11`.`period`,
    SUM(`t11`.`amount`) AS `amount`,
    SUM(`t11`.`orders`) AS `orders`,
    MIN(`t11`.`first_at`) AS `first_at`,
    MAX(`t11`.`last_at`) AS `last_at`,
    MIN(IF(`t11`.`orders` > 0, `t11`.`segment`, NULL)) AS `segment`,
    MAX(IF(`t11`.`orders` > 0, `t11`.`segment`, NULL)) AS `other`
  FROM `t10` AS `t11`
  GROUP BY
    1,
    2
), `t18` AS (
  SELECT
    `t12`.`customer_id`,
    MIN(`t12`.`first_at`) AS `first_at`,
    MIN(`t12`.`segment`) AS `segment`,
    MAX(`t12`.`segment`) AS `other`
  FROM (
    SELECT
      *
    FROM `t10` AS `t11`
    WHERE
      `t11`.`orders` > 0
  ) AS `t12`
  GROUP BY
    1
), `t21` AS (
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
), `t36` AS (
  SELECT
    `t20`.`customer_id`,
    COALESCE(`t33`.`began_in`, `t20`.`segment`) AS `segment`,
    `t20`.`first_at`
  FROM `t18` AS `t20`
  LEFT OUTER JOIN (
    SELECT
      `t29`.`customer_id`,
      MIN(`t29`.`began_in`) AS `began_in`
    FROM (
      SELECT
        `t25`.`customer_id`,
        `t25`.`first_at`,
        `t16`.`began_in`
      FROM (
        SELECT
          `t19`.`customer_id`,
          `t19`.`first_at`
        FROM `t18` AS `t19`
        WHERE
          `t19`.`segment` <> `t19`.`other`
      ) AS `t25`
      INNER JOIN (
        SELECT
          `t11`.`customer_id`,
          `t11`.`first_at`,
          `t11`.`segment` AS `began_in`
        FROM `t10` AS `t11`
        WHERE
          `t11`.`orders` > 0
      ) AS `t16`
        ON `t25`.`customer_id` = `t16`.`customer_id` AND `t25`.`first_at` = `t16`.`first_at`
    ) AS `t29`
    GROUP BY
      1
  ) AS `t33`
    ON `t20`.`customer_id` = `t33`.`customer_id`
)
SELECT
  *
FROM (
  SELECT
    MAKE_DATE(
      CAST(CAST(FLOOR(CAST(`t27`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
      CAST((
        (
          `t27`.`period` * 3
        ) - (
          CAST(CAST(FLOOR(CAST(`t27`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
        )
      ) + 1 AS INT),
      1
    ) AS `period`,
    `t27`.`segment`,
    IF(
      CASE
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST(`t27`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  `t27`.`period` * 3
                ) - (
                  CAST(CAST(FLOOR(CAST(`t27`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= `t27`.`end`
        THEN 'not_yet_observed'
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t27`.`period` + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t27`.`period` + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t27`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > `t27`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t60`.`numerator`, 0),
      CAST(NULL AS DOUBLE)
    ) AS `numerator`,
    IF(
      CASE
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST(`t27`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  `t27`.`period` * 3
                ) - (
                  CAST(CAST(FLOOR(CAST(`t27`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= `t27`.`end`
        THEN 'not_yet_observed'
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t27`.`period` + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t27`.`period` + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t27`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > `t27`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t60`.`denominator`, 0),
      CAST(NULL AS DOUBLE)
    ) AS `denominator`,
    IF(
      CASE
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST(`t27`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  `t27`.`period` * 3
                ) - (
                  CAST(CAST(FLOOR(CAST(`t27`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= `t27`.`end`
        THEN 'not_yet_observed'
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t27`.`period` + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t27`.`period` + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t27`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > `t27`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t60`.`n`, 0),
      CAST(NULL AS BIGINT)
    ) AS `n`,
    IF(
      CASE
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST(`t27`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  `t27`.`period` * 3
                ) - (
                  CAST(CAST(FLOOR(CAST(`t27`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= `t27`.`end`
        THEN 'not_yet_observed'
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t27`.`period` + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t27`.`period` + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t27`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > `t27`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t60`.`sum_xx`, 0),
      CAST(NULL AS DOUBLE)
    ) AS `sum_xx`,
    IF(
      CASE
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST(`t27`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  `t27`.`period` * 3
                ) - (
                  CAST(CAST(FLOOR(CAST(`t27`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= `t27`.`end`
        THEN 'not_yet_observed'
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t27`.`period` + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t27`.`period` + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t27`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > `t27`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t60`.`sum_yy`, 0),
      CAST(NULL AS DOUBLE)
    ) AS `sum_yy`,
    IF(
      CASE
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST(`t27`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  `t27`.`period` * 3
                ) - (
                  CAST(CAST(FLOOR(CAST(`t27`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= `t27`.`end`
        THEN 'not_yet_observed'
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t27`.`period` + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t27`.`period` + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t27`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > `t27`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t60`.`sum_xy`, 0),
      CAST(NULL AS DOUBLE)
    ) AS `sum_xy`,
    IF(
      CASE
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST(`t27`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  `t27`.`period` * 3
                ) - (
                  CAST(CAST(FLOOR(CAST(`t27`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= `t27`.`end`
        THEN 'not_yet_observed'
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t27`.`period` + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t27`.`period` + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t27`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > `t27`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t60`.`sum_ww`, 0),
      CAST(NULL AS DOUBLE)
    ) AS `sum_ww`,
    CASE
      WHEN (
        DATEDIFF(
          DAY,
          MAKE_DATE(1970, 1, 1),
          MAKE_DATE(
            CAST(CAST(FLOOR(CAST(`t27`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
            CAST((
              (
                `t27`.`period` * 3
              ) - (
                CAST(CAST(FLOOR(CAST(`t27`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT),
            1
          )
        ) + 0
      ) >= `t27`.`end`
      THEN 'not_yet_observed'
      WHEN (
        DATEDIFF(
          DAY,
          MAKE_DATE(1970, 1, 1),
          MAKE_DATE(
            CAST(CAST(FLOOR(CAST((
              `t27`.`period` + 1
            ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
            CAST((
              (
                (
                  `t27`.`period` + 1
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  `t27`.`period` + 1
                ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT),
            1
          )
        ) + 0
      ) > `t27`.`end`
      THEN 'partial'
      ELSE 'complete'
    END AS `status`
  FROM (
    SELECT
      `t22`.`end`,
      `t22`.`first`,
      `t22`.`last`,
      `t22`.`period`,
      'all' AS `segment`
    FROM `t21` AS `t22`
  ) AS `t27`
  LEFT OUTER JOIN (
    SELECT
      `t55`.`period`,
      `t55`.`segment`,
      COALESCE(`t58`.`numerator`, 0) AS `numerator`,
      `t55`.`denominator`,
      `t55`.`n`,
      COALESCE(`t58`.`sum_xx`, 0) AS `sum_xx`,
      `t55`.`sum_yy`,
      COALESCE(`t58`.`sum_xy`, 0) AS `sum_xy`,
      0.0 AS `sum_ww`
    FROM (
      SELECT
        `t53`.`period`,
        `t53`.`segment`,
        SUM(`t53`.`alike` * `t53`.`years`) AS `denominator`,
        SUM(`t53`.`alike`) AS `n`,
        SUM(`t53`.`alike` * `t53`.`years` * `t53`.`years`) AS `sum_yy`
      FROM (
        SELECT
          *
        FROM (
          SELECT
            `t46`.`first_day`,
            `t46`.`segment`,
            `t46`.`alike`,
            `t46`.`end`,
            `t46`.`first`,
            `t46`.`last`,
            `t46`.`period`,
            CAST((
              LEAST(
                DATEDIFF(
                  DAY,
                  MAKE_DATE(1970, 1, 1),
                  MAKE_DATE(
                    CAST(CAST(FLOOR(CAST((
                      `t46`.`period` + 1
                    ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
                    CAST((
                      (
                        (
                          `t46`.`period` + 1
                        ) * 3
                      ) - (
                        CAST(CAST(FLOOR(CAST((
                          `t46`.`period` + 1
                        ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                      )
                    ) + 1 AS INT),
                    1
                  )
                ),
                `t46`.`end`
              ) - 1
            ) - GREATEST(
              `t46`.`first_day`,
              DATEDIFF(
                DAY,
                MAKE_DATE(1970, 1, 1),
                MAKE_DATE(
                  CAST(CAST(FLOOR(CAST((
                    `t46`.`period` + 0
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
                  CAST((
                    (
                      (
                        `t46`.`period` + 0
                      ) * 3
                    ) - (
                      CAST(CAST(FLOOR(CAST((
                        `t46`.`period` + 0
                      ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                    )
                  ) + 1 AS INT),
                  1
                )
              ) - 1
            ) AS DOUBLE) / NULLIF(365.25, 0) AS `years`
          FROM (
            SELECT
              `t45`.`first_day`,
              `t45`.`segment`,
              `t45`.`alike`,
              `t24`.`end`,
              `t24`.`first`,
              `t24`.`last`,
              `t24`.`period`
            FROM (
              SELECT
                `t41`.`first_day`,
                `t41`.`segment`,
                COUNT(*) AS `alike`
              FROM (
                SELECT
                  `t37`.`customer_id`,
                  `t37`.`segment`,
                  DATEDIFF(DAY, MAKE_DATE(1970, 1, 1), CAST(`t37`.`first_at` AS DATE)) AS `first_day`,
                  CAST(FLOOR(
                    CAST((
                      (
                        CAST(EXTRACT(year FROM `t37`.`first_at`) AS BIGINT) * 12
                      ) + EXTRACT(month FROM `t37`.`first_at`)
                    ) - 1 AS DOUBLE) / NULLIF(3.0, 0)
                  ) AS BIGINT) AS `period`
                FROM `t36` AS `t37`
              ) AS `t41`
              GROUP BY
                1,
                2
            ) AS `t45`
            CROSS JOIN `t21` AS `t24`
          ) AS `t46`
        ) AS `t52`
        WHERE
          `t52`.`years` > 0
      ) AS `t53`
      GROUP BY
        1,
        2
    ) AS `t55`
    LEFT OUTER JOIN (
      SELECT
        `t56`.`period`,
        `t56`.`segment`,
        SUM(`t56`.`x`) AS `numerator`,
        SUM(`t56`.`xx`) AS `sum_xx`,
        SUM(`t56`.`xy`) AS `sum_xy`
      FROM (
        SELECT
          `t51`.`period`,
          `t51`.`segment`,
          `t51`.`first_day`,
          `t51`.`x`,
          `t51`.`xx`,
          `t51`.`end`,
          `t51`.`x` * (
            CAST((
              LEAST(
                DATEDIFF(
                  DAY,
                  MAKE_DATE(1970, 1, 1),
                  MAKE_DATE(
                    CAST(CAST(FLOOR(CAST((
                      `t51`.`period` + 1
                    ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
                    CAST((
                      (
                        (
                          `t51`.`period` + 1
                        ) * 3
                      ) - (
                        CAST(CAST(FLOOR(CAST((
                          `t51`.`period` + 1
                        ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                      )
                    ) + 1 AS INT),
                    1
                  )
                ),
                `t51`.`end`
              ) - 1
            ) - GREATEST(
              `t51`.`first_day`,
              DATEDIFF(
                DAY,
                MAKE_DATE(1970, 1, 1),
                MAKE_DATE(
                  CAST(CAST(FLOOR(CAST((
                    `t51`.`period` + 0
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
                  CAST((
                    (
                      (
                        `t51`.`period` + 0
                      ) * 3
                    ) - (
                      CAST(CAST(FLOOR(CAST((
                        `t51`.`period` + 0
                      ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                    )
                  ) + 1 AS INT),
                  1
                )
              ) - 1
            ) AS DOUBLE) / NULLIF(365.25, 0)
          ) AS `xy`
        FROM (
          SELECT
            `t50`.`period`,
            `t50`.`segment`,
            `t50`.`first_day`,
            `t50`.`x`,
            `t50`.`xx`,
            `t7`.`end`
          FROM (
            SELECT
              `t48`.`period`,
              `t48`.`segment`,
              `t48`.`first_day`,
              SUM(CAST(`t48`.`x` AS DOUBLE)) AS `x`,
              SUM(CAST(`t48`.`x` AS DOUBLE) * CAST(`t48`.`x` AS DOUBLE)) AS `xx`
            FROM (
              SELECT
                `t47`.`customer_id`,
                `t47`.`period`,
                `t47`.`purchase_days`,
                `t47`.`segment`,
                `t47`.`first_day`,
                `t47`.`opening`,
                `t47`.`purchase_days` - CAST(IF(`t47`.`period` = `t47`.`opening`, 1, 0) AS BIGINT) AS `x`
              FROM (
                SELECT
                  `t40`.`customer_id`,
                  `t40`.`period`,
                  `t40`.`purchase_days`,
                  `t43`.`segment`,
                  `t43`.`first_day`,
                  `t43`.`opening`
                FROM (
                  SELECT
                    *
                  FROM (
                    SELECT
                      `t17`.`customer_id`,
                      `t17`.`period`,
                      CAST(IF(
                        DATEDIFF(DAY, MAKE_DATE(1970, 1, 1), CAST(`t17`.`first_at` AS DATE)) < DATEDIFF(DAY, MAKE_DATE(1970, 1, 1), CAST(`t17`.`last_at` AS DATE)),
                        1,
                        0
                      ) AS BIGINT) + 1 AS `purchase_days`
                    FROM `t15` AS `t17`
                    WHERE
                      `t17`.`orders` > 0
                      AND (
                        (
                          CAST(IF(
                            DATEDIFF(DAY, MAKE_DATE(1970, 1, 1), CAST(`t17`.`first_at` AS DATE)) < DATEDIFF(DAY, MAKE_DATE(1970, 1, 1), CAST(`t17`.`last_at` AS DATE)),
                            1,
                            0
                          ) AS BIGINT) = 0
                        )
                        OR (
                          `t17`.`orders` = 2
                        )
                      )
                  ) AS `t28`
                  UNION ALL
                  SELECT
                    *
                  FROM (
                    SELECT
                      `t35`.`customer_id`,
                      `t35`.`period`,
                      COUNT(*) AS `purchase_days`
                    FROM (
                      SELECT DISTINCT
                        *
                      FROM (
                        SELECT
                          `t9`.`customer_id`,
                          `t9`.`period`,
                          `t9`.`day`
                        FROM (
                          SELECT
                            *
                          FROM `t3` AS `t5`
                          WHERE
                            `t5`.`is_activity`
                        ) AS `t9`
                        LEFT SEMI JOIN (
                          SELECT
                            *
                          FROM `t15` AS `t17`
                          WHERE
                            `t17`.`orders` > 0
                            AND NOT (
                              (
                                CAST(IF(
                                  DATEDIFF(DAY, MAKE_DATE(1970, 1, 1), CAST(`t17`.`first_at` AS DATE)) < DATEDIFF(DAY, MAKE_DATE(1970, 1, 1), CAST(`t17`.`last_at` AS DATE)),
                                  1,
                                  0
                                ) AS BIGINT) = 0
                              )
                              OR (
                                `t17`.`orders` = 2
                              )
                            )
                        ) AS `t31`
                          ON `t9`.`customer_id` = `t31`.`customer_id` AND `t9`.`period` = `t31`.`period`
                      ) AS `t34`
                    ) AS `t35`
                    GROUP BY
                      1,
                      2
                  ) AS `t38`
                ) AS `t40`
                INNER JOIN (
                  SELECT
                    `t37`.`customer_id`,
                    `t37`.`segment`,
                    DATEDIFF(DAY, MAKE_DATE(1970, 1, 1), CAST(`t37`.`first_at` AS DATE)) AS `first_day`,
                    CAST(FLOOR(
                      CAST((
                        (
                          CAST(EXTRACT(year FROM `t37`.`first_at`) AS BIGINT) * 12
                        ) + EXTRACT(month FROM `t37`.`first_at`)
                      ) - 1 AS DOUBLE) / NULLIF(3.0, 0)
                    ) AS BIGINT) AS `opening`
                  FROM `t36` AS `t37`
                ) AS `t43`
                  ON `t40`.`customer_id` = `t43`.`customer_id`
              ) AS `t47`
            ) AS `t48`
            GROUP BY
              1,
              2,
              3
          ) AS `t50`
          CROSS JOIN (
            SELECT
              DATEDIFF(DAY, MAKE_DATE(1970, 1, 1), MAKE_DATE(2024, 6, 11)) AS `end`
            FROM `t2` AS `t4`
          ) AS `t7`
        ) AS `t51`
      ) AS `t56`
      GROUP BY
        1,
        2
    ) AS `t58`
      ON `t55`.`period` = `t58`.`period` AND `t55`.`segment` = `t58`.`segment`
  ) AS `t60`
    ON `t27`.`period` = `t60`.`period` AND `t27`.`segment` = `t60`.`segment`
) AS `t61`
ORDER BY
  `t61`.`period` ASC NULLS LAST,
  `t61`.`segment` ASC NULLS LAST
