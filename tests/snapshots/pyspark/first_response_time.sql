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
), `t9` AS (
  SELECT
    `t7`.`kk_customer` AS `customer_id`,
    `t7`.`kk_period` AS `period`,
    `t7`.`kk_segment` AS `segment`,
    `t7`.`kk_opened` AS `opened`,
    CAST(GREATEST(
      IF(COALESCE(`t7`.`kk_over` < `t5`.`kk_end`, FALSE), `t7`.`kk_over`, `t5`.`kk_end`) - `t7`.`kk_opened`,
      0
    ) AS DOUBLE) / NULLIF(3600.0, 0) AS `duration`,
    COALESCE(`t7`.`kk_over` < `t5`.`kk_end`, FALSE) AS `observed`
  FROM (
    SELECT
      `t0`.`customer_id` AS `kk_customer`,
      CAST(FLOOR(
        CAST((
          (
            CAST(EXTRACT(year FROM `t0`.`opened_at`) AS BIGINT) * 12
          ) + EXTRACT(month FROM `t0`.`opened_at`)
        ) - 1 AS DOUBLE) / NULLIF(3.0, 0)
      ) AS BIGINT) AS `kk_period`,
      'all' AS `kk_segment`,
      (
        DATEDIFF(DAY, MAKE_DATE(1970, 1, 1), CAST(`t0`.`opened_at` AS DATE)) * 86400
      ) + (
        (
          (
            (
              CAST(EXTRACT(hour FROM `t0`.`opened_at`) AS BIGINT) * 60
            ) + EXTRACT(minute FROM `t0`.`opened_at`)
          ) * 60
        ) + CAST(FLOOR(CAST(EXTRACT(second FROM `t0`.`opened_at`) AS DOUBLE)) AS BIGINT)
      ) AS `kk_opened`,
      (
        DATEDIFF(DAY, MAKE_DATE(1970, 1, 1), CAST(`t0`.`first_response_at` AS DATE)) * 86400
      ) + (
        (
          (
            (
              CAST(EXTRACT(hour FROM `t0`.`first_response_at`) AS BIGINT) * 60
            ) + EXTRACT(minute FROM `t0`.`first_response_at`)
          ) * 60
        ) + CAST(FLOOR(CAST(EXTRACT(second FROM `t0`.`first_response_at`) AS DOUBLE)) AS BIGINT)
      ) AS `kk_over`
    FROM `tickets` AS `t0`
    WHERE
      `t0`.`opened_at` IS NOT NULL
      AND `t0`.`opened_at` < CAST('2024-06-11T00:00:00' AS TIMESTAMP)
  ) AS `t7`
  CROSS JOIN (
    SELECT
      DATEDIFF(DAY, MAKE_DATE(1970, 1, 1), MAKE_DATE(2024, 6, 11)) * 86400 AS `kk_end`
    FROM `t2` AS `t3`
  ) AS `t5`
), `t24` AS (
  SELECT
    `t20`.`period`,
    `t20`.`segment`,
    `t20`.`duration`,
    `t20`.`at_risk`,
    `t20`.`events`,
    `t20`.`left` - `t20`.`events` AS `censored`,
    IF(
      `t20`.`at_risk` = `t20`.`events`,
      0.0,
      EXP(
        COALESCE(
          SUM(
            LN(
              NULLIF(
                (
                  CAST(`t20`.`at_risk` AS DOUBLE) - CAST(`t20`.`events` AS DOUBLE)
                ) / NULLIF(CAST(`t20`.`at_risk` AS DOUBLE), 0),
                0
              )
            )
          ) OVER (
            PARTITION BY `t20`.`period`, `t20`.`segment`
            ORDER BY `t20`.`duration` ASC NULLS LAST
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
          ),
          0
        )
      )
    ) AS `survival`,
    IF(
      `t20`.`at_risk` = `t20`.`events`,
      CAST(NULL AS DOUBLE),
      SUM(
        CAST(`t20`.`events` AS DOUBLE) / NULLIF(
          CAST(`t20`.`at_risk` AS DOUBLE) * (
            CAST(`t20`.`at_risk` AS DOUBLE) - CAST(`t20`.`events` AS DOUBLE)
          ),
          0
        )
      ) OVER (
        PARTITION BY `t20`.`period`, `t20`.`segment`
        ORDER BY `t20`.`duration` ASC NULLS LAST
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
      )
    ) AS `greenwood`
  FROM (
    SELECT
      `t17`.`period`,
      `t17`.`segment`,
      `t17`.`duration`,
      `t17`.`events`,
      `t17`.`left`,
      SUM(`t17`.`left`) OVER (
        PARTITION BY `t17`.`period`, `t17`.`segment`
        ORDER BY `t17`.`duration` DESC
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
      ) AS `at_risk`
    FROM (
      SELECT
        `t12`.`period`,
        `t12`.`segment`,
        `t12`.`duration`,
        SUM(CAST(IF(`t12`.`observed`, 1, 0) AS BIGINT)) AS `events`,
        COUNT(*) AS `left`
      FROM (
        SELECT
          *
        FROM `t9` AS `t10`
        WHERE
          `t10`.`duration` IS NOT NULL AND NOT ISNAN(`t10`.`duration`)
      ) AS `t12`
      GROUP BY
        1,
        2,
        3
    ) AS `t17`
  ) AS `t20`
), `t27` AS (
  SELECT
    `t25`.`period`,
    `t25`.`segment`,
    MIN(
      IF(
        (
          `t25`.`events` > 0
        ) AND (
          `t25`.`survival` <= 0.500000001
        ),
        `t25`.`duration`,
        NULL
      )
    ) AS `on`,
    MIN(
      IF(
        (
          `t25`.`events` > 0
        ) AND (
          `t25`.`survival` < 0.499999999
        ),
        `t25`.`duration`,
        NULL
      )
    ) AS `below`,
    MAX(
      IF(
        (
          `t25`.`events` > 0
        ) AND (
          `t25`.`at_risk` > `t25`.`events`
        ),
        `t25`.`duration`,
        NULL
      )
    ) AS `last`,
    MIN(
      IF(
        (
          `t25`.`events` > 0
        ) AND (
          `t25`.`survival` <= 0.500000001
        ),
        `t25`.`greenwood`,
        NULL
      )
    ) AS `sum_on`,
    MAX(`t25`.`greenwood`) AS `sum_last`
  FROM `t24` AS `t25`
  GROUP BY
    1,
    2
), `t33` AS (
  SELECT
    `t26`.`period`,
    `t26`.`segment`,
    `t26`.`duration`,
    `t26`.`events`,
    `t26`.`censored`,
    -(
      LEAST(`t26`.`greenwood`, `t30`.`waited`)
    ) AS `waiting`,
    IF(
      `t26`.`duration` <= `t30`.`upto`,
      1.0 / NULLIF(CAST(`t26`.`at_risk` - `t26`.`events` AS DOUBLE), 0),
      0.0
    ) + -(
      LEAST(`t26`.`greenwood`, `t30`.`waited`)
    ) AS `ending`
  FROM `t24` AS `t26`
  INNER JOIN (
    SELECT
      `t28`.`period`,
      `t28`.`segment`,
      LEAST(`t28`.`on`, `t28`.`last`) AS `upto`,
      LEAST(`t28`.`sum_on`, `t28`.`sum_last`) AS `waited`
    FROM `t27` AS `t28`
  ) AS `t30`
    ON `t26`.`period` = `t30`.`period` AND `t26`.`segment` = `t30`.`segment`
)
SELECT
  *
FROM (
  SELECT
    MAKE_DATE(
      CAST(CAST(FLOOR(CAST(`t15`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
      CAST((
        (
          `t15`.`period` * 3
        ) - (
          CAST(CAST(FLOOR(CAST(`t15`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
        )
      ) + 1 AS INT),
      1
    ) AS `period`,
    `t15`.`segment`,
    CAST(COALESCE(`t48`.`events`, 0) AS DOUBLE) AS `numerator`,
    CAST(COALESCE(`t48`.`cases`, 0) AS DOUBLE) AS `denominator`,
    COALESCE(`t48`.`customers`, 0) AS `n`,
    `t48`.`value`,
    `t48`.`low`,
    `t48`.`high`,
    CASE
      WHEN (
        DATEDIFF(
          DAY,
          MAKE_DATE(1970, 1, 1),
          MAKE_DATE(
            CAST(CAST(FLOOR(CAST(`t15`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
            CAST((
              (
                `t15`.`period` * 3
              ) - (
                CAST(CAST(FLOOR(CAST(`t15`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT),
            1
          )
        ) + 0
      ) >= `t15`.`end`
      THEN 'not_yet_observed'
      WHEN (
        DATEDIFF(
          DAY,
          MAKE_DATE(1970, 1, 1),
          MAKE_DATE(
            CAST(CAST(FLOOR(CAST((
              `t15`.`period` + 1
            ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
            CAST((
              (
                (
                  `t15`.`period` + 1
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  `t15`.`period` + 1
                ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT),
            1
          )
        ) + 0
      ) > `t15`.`end`
      THEN 'partial'
      ELSE 'complete'
    END AS `status`
  FROM (
    SELECT
      `t11`.`end`,
      `t11`.`first`,
      `t11`.`last`,
      `t11`.`period`,
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
                `t8`.`first` + 0
              ))
            ),
            IF(
              ELEMENT_AT(
                SEQUENCE(`t8`.`first` + 0, `t8`.`last` + 1, 1),
                SIZE(SEQUENCE(`t8`.`first` + 0, `t8`.`last` + 1, 1))
              ) = (
                `t8`.`last` + 1
              ),
              SLICE(
                SEQUENCE(`t8`.`first` + 0, `t8`.`last` + 1, 1),
                1,
                SIZE(SEQUENCE(`t8`.`first` + 0, `t8`.`last` + 1, 1)) - 1
              ),
              SEQUENCE(`t8`.`first` + 0, `t8`.`last` + 1, 1)
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
      ) AS `t8`
    ) AS `t11`
  ) AS `t15`
  LEFT OUTER JOIN (
    SELECT
      `t46`.`period`,
      `t46`.`segment`,
      MAX(`t46`.`value`) AS `value`,
      MIN(
        IF(
          (
            `t46`.`events` > 0
          )
          AND (
            (
              LN(-(
                LN(NULLIF(NULLIF(`t46`.`survival`, 0), 1))
              )) + (
                (
                  SQRT(`t46`.`design_effect` * `t46`.`greenwood`) / NULLIF(-(
                    LN(NULLIF(NULLIF(`t46`.`survival`, 0), 1))
                  ), 0)
                ) * 1.959963984540054
              )
            ) >= -0.3665129215816644
          ),
          `t46`.`duration`,
          NULL
        )
      ) AS `low`,
      MIN(
        IF(
          (
            `t46`.`events` > 0
          )
          AND (
            (
              LN(-(
                LN(NULLIF(NULLIF(`t46`.`survival`, 0), 1))
              )) - (
                (
                  SQRT(`t46`.`design_effect` * `t46`.`greenwood`) / NULLIF(-(
                    LN(NULLIF(NULLIF(`t46`.`survival`, 0), 1))
                  ), 0)
                ) * 1.959963984540054
              )
            ) >= -0.3665129215816644
          ),
          `t46`.`duration`,
          NULL
        )
      ) AS `high`,
      MAX(`t46`.`cases`) AS `cases`,
      MAX(`t46`.`over`) AS `events`,
      MAX(`t46`.`customers`) AS `customers`,
      MAX(`t46`.`design_effect`) AS `design_effect`
    FROM (
      SELECT
        `t26`.`period`,
        `t26`.`segment`,
        `t26`.`duration`,
        `t26`.`at_risk`,
        `t26`.`events`,
        `t26`.`censored`,
        `t26`.`survival`,
        `t26`.`greenwood`,
        `t32`.`value`,
        `t32`.`upto`,
        `t32`.`waited`,
        `t45`.`cases`,
        `t45`.`over`,
        `t45`.`customers`,
        `t45`.`design_effect`
      FROM `t24` AS `t26`
      INNER JOIN (
        SELECT
          `t28`.`period`,
          `t28`.`segment`,
          (
            `t28`.`on` + COALESCE(`t28`.`below`, `t28`.`on`)
          ) / 2 AS `value`,
          LEAST(`t28`.`on`, `t28`.`last`) AS `upto`,
          LEAST(`t28`.`sum_on`, `t28`.`sum_last`) AS `waited`
        FROM `t27` AS `t28`
      ) AS `t32`
        ON `t26`.`period` = `t32`.`period` AND `t26`.`segment` = `t32`.`segment`
      INNER JOIN (
        SELECT
          `t39`.`period`,
          `t39`.`segment`,
          `t39`.`cases`,
          `t39`.`over`,
          `t39`.`cases` - COALESCE(`t43`.`more`, 0) AS `customers`,
          IF(
            (
              `t39`.`cases` - COALESCE(`t43`.`more`, 0)
            ) = `t39`.`cases`,
            1.0,
            IF(
              (
                `t39`.`cases` - COALESCE(`t43`.`more`, 0)
              ) > 1,
              GREATEST(
                COALESCE(
                  (
                    (
                      `t39`.`single` + COALESCE(`t43`.`shared`, 0)
                    ) / NULLIF(`t39`.`single`, 0)
                  ) * (
                    CAST(`t39`.`cases` - COALESCE(`t43`.`more`, 0) AS DOUBLE) / NULLIF(CAST((
                      `t39`.`cases` - COALESCE(`t43`.`more`, 0)
                    ) - 1 AS DOUBLE), 0)
                  ),
                  1.0
                ),
                1.0
              ),
              CAST(NULL AS DOUBLE)
            )
          ) AS `design_effect`
        FROM (
          SELECT
            `t34`.`period`,
            `t34`.`segment`,
            COALESCE(SUM(`t34`.`events` * `t34`.`ending` * `t34`.`ending`), 0) + COALESCE(SUM(`t34`.`censored` * `t34`.`waiting` * `t34`.`waiting`), 0) AS `single`,
            SUM(`t34`.`events` + `t34`.`censored`) AS `cases`,
            SUM(`t34`.`events`) AS `over`
          FROM `t33` AS `t34`
          GROUP BY
            1,
            2
        ) AS `t39`
        LEFT OUTER JOIN (
          SELECT
            `t41`.`period`,
            `t41`.`segment`,
            SUM((
              `t41`.`pull` * `t41`.`pull`
            ) - `t41`.`squares`) AS `shared`,
            SUM(`t41`.`more`) AS `more`
          FROM (
            SELECT
              `t40`.`period`,
              `t40`.`segment`,
              `t40`.`customer_id`,
              SUM(`t40`.`pull`) AS `pull`,
              SUM(`t40`.`pull` * `t40`.`pull`) AS `squares`,
              COUNT(*) - 1 AS `more`
            FROM (
              SELECT
                `t38`.`period`,
                `t38`.`segment`,
                `t38`.`customer_id`,
                `t38`.`duration`,
                `t38`.`observed`,
                `t38`.`waiting`,
                `t38`.`ending`,
                IF(`t38`.`observed`, `t38`.`ending`, `t38`.`waiting`) AS `pull`
              FROM (
                SELECT
                  `t23`.`period`,
                  `t23`.`segment`,
                  `t23`.`customer_id`,
                  `t23`.`duration`,
                  `t23`.`observed`,
                  `t36`.`waiting`,
                  `t36`.`ending`
                FROM (
                  SELECT
                    `t7`.`kk_period` AS `period`,
                    `t7`.`kk_segment` AS `segment`,
                    `t7`.`kk_customer` AS `customer_id`,
                    CAST(GREATEST(
                      IF(COALESCE(`t7`.`kk_over` < `t5`.`kk_end`, FALSE), `t7`.`kk_over`, `t5`.`kk_end`) - `t7`.`kk_opened`,
                      0
                    ) AS DOUBLE) / NULLIF(3600.0, 0) AS `duration`,
                    COALESCE(`t7`.`kk_over` < `t5`.`kk_end`, FALSE) AS `observed`
                  FROM (
                    SELECT
                      `t0`.`customer_id` AS `kk_customer`,
                      CAST(FLOOR(
                        CAST((
                          (
                            CAST(EXTRACT(year FROM `t0`.`opened_at`) AS BIGINT) * 12
                          ) + EXTRACT(month FROM `t0`.`opened_at`)
                        ) - 1 AS DOUBLE) / NULLIF(3.0, 0)
                      ) AS BIGINT) AS `kk_period`,
                      'all' AS `kk_segment`,
                      (
                        DATEDIFF(DAY, MAKE_DATE(1970, 1, 1), CAST(`t0`.`opened_at` AS DATE)) * 86400
                      ) + (
                        (
                          (
                            (
                              CAST(EXTRACT(hour FROM `t0`.`opened_at`) AS BIGINT) * 60
                            ) + EXTRACT(minute FROM `t0`.`opened_at`)
                          ) * 60
                        ) + CAST(FLOOR(CAST(EXTRACT(second FROM `t0`.`opened_at`) AS DOUBLE)) AS BIGINT)
                      ) AS `kk_opened`,
                      (
                        DATEDIFF(DAY, MAKE_DATE(1970, 1, 1), CAST(`t0`.`first_response_at` AS DATE)) * 86400
                      ) + (
                        (
                          (
                            (
                              CAST(EXTRACT(hour FROM `t0`.`first_response_at`) AS BIGINT) * 60
                            ) + EXTRACT(minute FROM `t0`.`first_response_at`)
                          ) * 60
                        ) + CAST(FLOOR(CAST(EXTRACT(second FROM `t0`.`first_response_at`) AS DOUBLE)) AS BIGINT)
                      ) AS `kk_over`
                    FROM `tickets` AS `t0`
                    WHERE
                      `t0`.`opened_at` IS NOT NULL
                      AND `t0`.`opened_at` < CAST('2024-06-11T00:00:00' AS TIMESTAMP)
                  ) AS `t7`
                  CROSS JOIN (
                    SELECT
                      DATEDIFF(DAY, MAKE_DATE(1970, 1, 1), MAKE_DATE(2024, 6, 11)) * 86400 AS `kk_end`
                    FROM `t2` AS `t3`
                  ) AS `t5`
                  LEFT SEMI JOIN (
                    SELECT
                      `t16`.`period`,
                      `t16`.`segment`,
                      `t16`.`customer_id`
                    FROM (
                      SELECT
                        `t13`.`period`,
                        `t13`.`segment`,
                        `t13`.`customer_id`,
                        COUNT(*) AS `cases`
                      FROM (
                        SELECT
                          *
                        FROM `t9` AS `t10`
                        WHERE
                          (
                            `t10`.`duration` IS NOT NULL AND NOT ISNAN(`t10`.`duration`)
                          )
                          AND `t10`.`customer_id` IS NOT NULL
                      ) AS `t13`
                      GROUP BY
                        1,
                        2,
                        3
                    ) AS `t16`
                    WHERE
                      `t16`.`cases` > 1
                  ) AS `t19`
                    ON `t7`.`kk_period` = `t19`.`period`
                    AND `t7`.`kk_segment` = `t19`.`segment`
                    AND `t7`.`kk_customer` = `t19`.`customer_id`
                ) AS `t23`
                INNER JOIN (
                  SELECT
                    `t34`.`period`,
                    `t34`.`segment`,
                    `t34`.`duration`,
                    `t34`.`waiting`,
                    `t34`.`ending`
                  FROM `t33` AS `t34`
                ) AS `t36`
                  ON `t23`.`period` = `t36`.`period`
                  AND `t23`.`segment` = `t36`.`segment`
                  AND `t23`.`duration` = `t36`.`duration`
              ) AS `t38`
            ) AS `t40`
            GROUP BY
              1,
              2,
              3
          ) AS `t41`
          GROUP BY
            1,
            2
        ) AS `t43`
          ON `t39`.`period` = `t43`.`period` AND `t39`.`segment` = `t43`.`segment`
      ) AS `t45`
        ON `t26`.`period` = `t45`.`period` AND `t26`.`segment` = `t45`.`segment`
    ) AS `t46`
    GROUP BY
      1,
      2
  ) AS `t48`
    ON `t15`.`period` = `t48`.`period` AND `t15`.`segment` = `t48`.`segment`
) AS `t49`
ORDER BY
  `t49`.`period` ASC NULLS LAST,
  `t49`.`segment` ASC NULLS LAST
