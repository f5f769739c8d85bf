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
), `t19` AS (
  SELECT
    `t18`.`period`,
    `t18`.`segment`,
    `t18`.`duration`,
    `t18`.`at_risk`,
    `t18`.`events`,
    IF(
      `t18`.`at_risk` = `t18`.`events`,
      0.0,
      EXP(
        COALESCE(
          SUM(
            LN(
              NULLIF(
                (
                  CAST(`t18`.`at_risk` AS DOUBLE) - CAST(`t18`.`events` AS DOUBLE)
                ) / NULLIF(CAST(`t18`.`at_risk` AS DOUBLE), 0),
                0
              )
            )
          ) OVER (
            PARTITION BY `t18`.`period`, `t18`.`segment`
            ORDER BY `t18`.`duration` ASC NULLS LAST
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
          ),
          0
        )
      )
    ) AS `survival`,
    IF(
      `t18`.`at_risk` = `t18`.`events`,
      CAST(NULL AS DOUBLE),
      SUM(
        CAST(`t18`.`events` AS DOUBLE) / NULLIF(
          CAST(`t18`.`at_risk` AS DOUBLE) * (
            CAST(`t18`.`at_risk` AS DOUBLE) - CAST(`t18`.`events` AS DOUBLE)
          ),
          0
        )
      ) OVER (
        PARTITION BY `t18`.`period`, `t18`.`segment`
        ORDER BY `t18`.`duration` ASC NULLS LAST
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
  ) AS `t18`
), `t24` AS (
  SELECT
    `t20`.`period`,
    `t20`.`segment`,
    MIN(
      IF(
        (
          `t20`.`events` > 0
        ) AND (
          `t20`.`survival` <= 0.500000001
        ),
        `t20`.`duration`,
        NULL
      )
    ) AS `on`,
    MIN(
      IF(
        (
          `t20`.`events` > 0
        ) AND (
          `t20`.`survival` < 0.499999999
        ),
        `t20`.`duration`,
        NULL
      )
    ) AS `below`,
    MAX(
      IF(
        (
          `t20`.`events` > 0
        ) AND (
          `t20`.`at_risk` > `t20`.`events`
        ),
        `t20`.`duration`,
        NULL
      )
    ) AS `last`,
    MIN(
      IF(
        (
          `t20`.`events` > 0
        ) AND (
          `t20`.`survival` <= 0.500000001
        ),
        `t20`.`greenwood`,
        NULL
      )
    ) AS `sum_on`,
    MAX(`t20`.`greenwood`) AS `sum_last`
  FROM `t19` AS `t20`
  GROUP BY
    1,
    2
)
SELECT
  *
FROM (
  SELECT
    MAKE_DATE(
      CAST(CAST(FLOOR(CAST(`t16`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
      CAST((
        (
          `t16`.`period` * 3
        ) - (
          CAST(CAST(FLOOR(CAST(`t16`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
        )
      ) + 1 AS INT),
      1
    ) AS `period`,
    `t16`.`segment`,
    CAST(COALESCE(`t38`.`events`, 0) AS DOUBLE) AS `numerator`,
    CAST(COALESCE(`t38`.`cases`, 0) AS DOUBLE) AS `denominator`,
    COALESCE(`t38`.`customers`, 0) AS `n`,
    `t38`.`value`,
    `t38`.`low`,
    `t38`.`high`,
    CASE
      WHEN (
        DATEDIFF(
          DAY,
          MAKE_DATE(1970, 1, 1),
          MAKE_DATE(
            CAST(CAST(FLOOR(CAST(`t16`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
            CAST((
              (
                `t16`.`period` * 3
              ) - (
                CAST(CAST(FLOOR(CAST(`t16`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT),
            1
          )
        ) + 0
      ) >= `t16`.`end`
      THEN 'not_yet_observed'
      WHEN (
        DATEDIFF(
          DAY,
          MAKE_DATE(1970, 1, 1),
          MAKE_DATE(
            CAST(CAST(FLOOR(CAST((
              `t16`.`period` + 1
            ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
            CAST((
              (
                (
                  `t16`.`period` + 1
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  `t16`.`period` + 1
                ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT),
            1
          )
        ) + 0
      ) > `t16`.`end`
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
  ) AS `t16`
  LEFT OUTER JOIN (
    SELECT
      `t36`.`period`,
      `t36`.`segment`,
      MAX(`t36`.`value`) AS `value`,
      MIN(
        IF(
          (
            `t36`.`events` > 0
          )
          AND (
            (
              LN(-(
                LN(NULLIF(NULLIF(`t36`.`survival`, 0), 1))
              )) + (
                (
                  SQRT(`t36`.`design_effect` * `t36`.`greenwood`) / NULLIF(-(
                    LN(NULLIF(NULLIF(`t36`.`survival`, 0), 1))
                  ), 0)
                ) * 1.959963984540054
              )
            ) >= -0.3665129215816644
          ),
          `t36`.`duration`,
          NULL
        )
      ) AS `low`,
      MIN(
        IF(
          (
            `t36`.`events` > 0
          )
          AND (
            (
              LN(-(
                LN(NULLIF(NULLIF(`t36`.`survival`, 0), 1))
              )) - (
                (
                  SQRT(`t36`.`design_effect` * `t36`.`greenwood`) / NULLIF(-(
                    LN(NULLIF(NULLIF(`t36`.`survival`, 0), 1))
                  ), 0)
                ) * 1.959963984540054
              )
            ) >= -0.3665129215816644
          ),
          `t36`.`duration`,
          NULL
        )
      ) AS `high`,
      MAX(`t36`.`cases`) AS `cases`,
      MAX(`t36`.`over`) AS `events`,
      MAX(`t36`.`customers`) AS `customers`,
      MAX(`t36`.`design_effect`) AS `design_effect`
    FROM (
      SELECT
        `t21`.`period`,
        `t21`.`segment`,
        `t21`.`duration`,
        `t21`.`at_risk`,
        `t21`.`events`,
        `t21`.`survival`,
        `t21`.`greenwood`,
        `t29`.`value`,
        `t29`.`upto`,
        `t29`.`waited`,
        `t35`.`cases`,
        `t35`.`over`,
        `t35`.`customers`,
        `t35`.`design_effect`
      FROM `t19` AS `t21`
      INNER JOIN (
        SELECT
          `t25`.`period`,
          `t25`.`segment`,
          (
            `t25`.`on` + COALESCE(`t25`.`below`, `t25`.`on`)
          ) / 2 AS `value`,
          LEAST(`t25`.`on`, `t25`.`last`) AS `upto`,
          LEAST(`t25`.`sum_on`, `t25`.`sum_last`) AS `waited`
        FROM `t24` AS `t25`
      ) AS `t29`
        ON `t21`.`period` = `t29`.`period` AND `t21`.`segment` = `t29`.`segment`
      INNER JOIN (
        SELECT
          `t33`.`period`,
          `t33`.`segment`,
          `t33`.`cases`,
          `t33`.`over`,
          `t33`.`customers`,
          IF(
            `t33`.`customers` = `t33`.`cases`,
            1.0,
            IF(
              `t33`.`customers` > 1,
              GREATEST(
                (
                  `t33`.`between` / NULLIF(`t33`.`within`, 0)
                ) * (
                  CAST(`t33`.`customers` AS DOUBLE) / NULLIF(CAST(`t33`.`customers` - 1 AS DOUBLE), 0)
                ),
                1.0
              ),
              CAST(NULL AS DOUBLE)
            )
          ) AS `design_effect`
        FROM (
          SELECT
            `t32`.`period`,
            `t32`.`segment`,
            SUM(`t32`.`pull` * `t32`.`pull`) AS `between`,
            SUM(`t32`.`squares`) AS `within`,
            SUM(`t32`.`cases`) AS `cases`,
            SUM(`t32`.`over`) AS `over`,
            COUNT(*) AS `customers`
          FROM (
            SELECT
              `t31`.`period`,
              `t31`.`segment`,
              `t31`.`customer_id`,
              `t31`.`alone`,
              SUM(`t31`.`pull`) AS `pull`,
              SUM(`t31`.`pull` * `t31`.`pull`) AS `squares`,
              COUNT(*) AS `cases`,
              SUM(CAST(IF(`t31`.`observed`, 1, 0) AS BIGINT)) AS `over`
            FROM (
              SELECT
                `t30`.`period`,
                `t30`.`segment`,
                `t30`.`duration`,
                `t30`.`observed`,
                `t30`.`customer_id`,
                `t30`.`left`,
                `t30`.`own`,
                `t30`.`upto`,
                `t30`.`waited`,
                IF(
                  `t30`.`observed` AND (
                    `t30`.`duration` <= `t30`.`upto`
                  ),
                  1.0 / NULLIF(CAST(`t30`.`left` AS DOUBLE), 0),
                  0.0
                ) - LEAST(`t30`.`own`, `t30`.`waited`) AS `pull`,
                IF(
                  `t30`.`customer_id` IS NULL,
                  ROW_NUMBER() OVER (
                    PARTITION BY `t30`.`period`, `t30`.`segment`
                    ORDER BY `t30`.`duration` ASC NULLS LAST
                  ) - 1,
                  CAST(NULL AS BIGINT)
                ) AS `alone`
              FROM (
                SELECT
                  `t15`.`period`,
                  `t15`.`segment`,
                  `t15`.`duration`,
                  `t15`.`observed`,
                  `t15`.`customer_id`,
                  `t23`.`left`,
                  `t23`.`own`,
                  `t27`.`upto`,
                  `t27`.`waited`
                FROM (
                  SELECT
                    `t10`.`period`,
                    `t10`.`segment`,
                    `t10`.`duration`,
                    `t10`.`observed`,
                    `t10`.`customer_id`
                  FROM `t9` AS `t10`
                  WHERE
                    `t10`.`duration` IS NOT NULL AND NOT ISNAN(`t10`.`duration`)
                ) AS `t15`
                INNER JOIN (
                  SELECT
                    `t20`.`period`,
                    `t20`.`segment`,
                    `t20`.`duration`,
                    `t20`.`at_risk` - `t20`.`events` AS `left`,
                    `t20`.`greenwood` AS `own`
                  FROM `t19` AS `t20`
                ) AS `t23`
                  ON `t15`.`period` = `t23`.`period`
                  AND `t15`.`segment` = `t23`.`segment`
                  AND `t15`.`duration` = `t23`.`duration`
                INNER JOIN (
                  SELECT
                    `t25`.`period`,
                    `t25`.`segment`,
                    LEAST(`t25`.`on`, `t25`.`last`) AS `upto`,
                    LEAST(`t25`.`sum_on`, `t25`.`sum_last`) AS `waited`
                  FROM `t24` AS `t25`
                ) AS `t27`
                  ON `t15`.`period` = `t27`.`period` AND `t15`.`segment` = `t27`.`segment`
              ) AS `t30`
            ) AS `t31`
            GROUP BY
              1,
              2,
              3,
              4
          ) AS `t32`
          GROUP BY
            1,
            2
        ) AS `t33`
      ) AS `t35`
        ON `t21`.`period` = `t35`.`period` AND `t21`.`segment` = `t35`.`segment`
    ) AS `t36`
    GROUP BY
      1,
      2
  ) AS `t38`
    ON `t16`.`period` = `t38`.`period` AND `t16`.`segment` = `t38`.`segment`
) AS `t39`
ORDER BY
  `t39`.`period` ASC NULLS LAST,
  `t39`.`segment` ASC NULLS LAST
