WITH `t8` AS (
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
), `t13` AS (
  SELECT
    `t10`.`customer_id`,
    MIN(`t10`.`first_at`) AS `first_at`,
    MIN(`t10`.`segment`) AS `segment`,
    MAX(`t10`.`segment`) AS `other`
  FROM (
    SELECT
      *
    FROM `t8` AS `t9`
    WHERE
      `t9`.`orders` > 0
  ) AS `t10`
  GROUP BY
    1
), `t34` AS (
  SELECT
    GREATEST(
      DATEDIFF(
        DAY,
        MAKE_DATE(1970, 1, 1),
        MAKE_DATE(
          CAST(CAST(FLOOR(
            CAST((
              (
                (
                  CAST(EXTRACT(year FROM `t33`.`oldest`) AS BIGINT) * 12
                ) + EXTRACT(month FROM `t33`.`oldest`)
              ) - 1
            ) * 1 AS DOUBLE) / NULLIF(12.0, 0)
          ) AS BIGINT) AS INT),
          CAST((
            (
              (
                (
                  (
                    CAST(EXTRACT(year FROM `t33`.`oldest`) AS BIGINT) * 12
                  ) + EXTRACT(month FROM `t33`.`oldest`)
                ) - 1
              ) * 1
            ) - (
              CAST(CAST(FLOOR(
                CAST((
                  (
                    (
                      CAST(EXTRACT(year FROM `t33`.`oldest`) AS BIGINT) * 12
                    ) + EXTRACT(month FROM `t33`.`oldest`)
                  ) - 1
                ) * 1 AS DOUBLE) / NULLIF(12.0, 0)
              ) AS BIGINT) AS INT) * 12
            )
          ) + 1 AS INT),
          1
        )
      ),
      `t33`.`begins`
    ) AS `begins`,
    DATEDIFF(DAY, MAKE_DATE(1970, 1, 1), MAKE_DATE(2024, 6, 11)) AS `end`
  FROM (
    SELECT
      `t7`.`oldest`,
      `t32`.`begins`,
      `t32`.`ends`
    FROM (
      SELECT
        MIN(`t3`.`ordered_at`) AS `oldest`
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
      ) AS `t3`
    ) AS `t7`
    CROSS JOIN (
      SELECT
        `t25`.`begins`,
        IF(
          `t25`.`latest` = 1,
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t25`.`month` + 1
              ) * 1 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t25`.`month` + 1
                  ) * 1
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t25`.`month` + 1
                  ) * 1 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ),
          `t25`.`newest` + 1
        ) AS `ends`
      FROM (
        SELECT
          MIN(`t21`.`day`) AS `begins`,
          MAX(`t21`.`known`) AS `newest`,
          MAX(`t21`.`month`) AS `month`,
          MAX(EXTRACT(day FROM `t21`.`spent_on`)) AS `latest`
        FROM (
          SELECT
            `t16`.`spent_on`,
            `t16`.`channel`,
            `t16`.`amount`,
            `t16`.`kind`,
            `t16`.`month_start`,
            `t16`.`month_days`,
            (
              `t16`.`month_start` + LEAST(CAST(EXTRACT(day FROM `t16`.`spent_on`) AS BIGINT), `t16`.`month_days`)
            ) - 1 AS `day`,
            DATEDIFF(DAY, MAKE_DATE(1970, 1, 1), CAST(`t16`.`spent_on` AS DATE)) AS `known`,
            (
              (
                CAST(EXTRACT(year FROM `t16`.`spent_on`) AS BIGINT) * 12
              ) + EXTRACT(month FROM `t16`.`spent_on`)
            ) - 1 AS `month`
          FROM (
            SELECT
              `t2`.`spent_on`,
              `t2`.`channel`,
              `t2`.`amount`,
              `t2`.`kind`,
              DATEDIFF(
                DAY,
                MAKE_DATE(1970, 1, 1),
                MAKE_DATE(
                  CAST(CAST(FLOOR(
                    CAST((
                      (
                        (
                          (
                            CAST(EXTRACT(year FROM `t2`.`spent_on`) AS BIGINT) * 12
                          ) + EXTRACT(month FROM `t2`.`spent_on`)
                        ) - 1
                      ) + 0
                    ) * 1 AS DOUBLE) / NULLIF(12.0, 0)
                  ) AS BIGINT) AS INT),
                  CAST((
                    (
                      (
                        (
                          (
                            (
                              CAST(EXTRACT(year FROM `t2`.`spent_on`) AS BIGINT) * 12
                            ) + EXTRACT(month FROM `t2`.`spent_on`)
                          ) - 1
                        ) + 0
                      ) * 1
                    ) - (
                      CAST(CAST(FLOOR(
                        CAST((
                          (
                            (
                              (
                                CAST(EXTRACT(year FROM `t2`.`spent_on`) AS BIGINT) * 12
                              ) + EXTRACT(month FROM `t2`.`spent_on`)
                            ) - 1
                          ) + 0
                        ) * 1 AS DOUBLE) / NULLIF(12.0, 0)
                      ) AS BIGINT) AS INT) * 12
                    )
                  ) + 1 AS INT),
                  1
                )
              ) AS `month_start`,
              DATEDIFF(
                DAY,
                MAKE_DATE(1970, 1, 1),
                MAKE_DATE(
                  CAST(CAST(FLOOR(
                    CAST((
                      (
                        (
                          (
                            CAST(EXTRACT(year FROM `t2`.`spent_on`) AS BIGINT) * 12
                          ) + EXTRACT(month FROM `t2`.`spent_on`)
                        ) - 1
                      ) + 0 + 1
                    ) * 1 AS DOUBLE) / NULLIF(12.0, 0)
                  ) AS BIGINT) AS INT),
                  CAST((
                    (
                      (
                        (
                          (
                            (
                              CAST(EXTRACT(year FROM `t2`.`spent_on`) AS BIGINT) * 12
                            ) + EXTRACT(month FROM `t2`.`spent_on`)
                          ) - 1
                        ) + 0 + 1
                      ) * 1
                    ) - (
                      CAST(CAST(FLOOR(
                        CAST((
                          (
                            (
                              (
                                CAST(EXTRACT(year FROM `t2`.`spent_on`) AS BIGINT) * 12
                              ) + EXTRACT(month FROM `t2`.`spent_on`)
                            ) - 1
                          ) + 0 + 1
                        ) * 1 AS DOUBLE) / NULLIF(12.0, 0)
                      ) AS BIGINT) AS INT) * 12
                    )
                  ) + 1 AS INT),
                  1
                )
              ) - DATEDIFF(
                DAY,
                MAKE_DATE(1970, 1, 1),
                MAKE_DATE(
                  CAST(CAST(FLOOR(
                    CAST((
                      (
                        (
                          (
                            CAST(EXTRACT(year FROM `t2`.`spent_on`) AS BIGINT) * 12
                          ) + EXTRACT(month FROM `t2`.`spent_on`)
                        ) - 1
                      ) + 0
                    ) * 1 AS DOUBLE) / NULLIF(12.0, 0)
                  ) AS BIGINT) AS INT),
                  CAST((
                    (
                      (
                        (
                          (
                            (
                              CAST(EXTRACT(year FROM `t2`.`spent_on`) AS BIGINT) * 12
                            ) + EXTRACT(month FROM `t2`.`spent_on`)
                          ) - 1
                        ) + 0
                      ) * 1
                    ) - (
                      CAST(CAST(FLOOR(
                        CAST((
                          (
                            (
                              (
                                CAST(EXTRACT(year FROM `t2`.`spent_on`) AS BIGINT) * 12
                              ) + EXTRACT(month FROM `t2`.`spent_on`)
                            ) - 1
                          ) + 0
                        ) * 1 AS DOUBLE) / NULLIF(12.0, 0)
                      ) AS BIGINT) AS INT) * 12
                    )
                  ) + 1 AS INT),
                  1
                )
              ) AS `month_days`
            FROM (
              SELECT
                CAST(`t1`.`spent_on` AS TIMESTAMP) AS `spent_on`,
                `t1`.`channel`,
                `t1`.`amount`,
                `t1`.`kind`
              FROM `spend` AS `t1`
              WHERE
                CAST(`t1`.`spent_on` AS TIMESTAMP) IS NOT NULL
                AND CAST(`t1`.`spent_on` AS TIMESTAMP) < CAST('2024-06-11T00:00:00' AS TIMESTAMP)
            ) AS `t2`
          ) AS `t16`
        ) AS `t21`
      ) AS `t25`
    ) AS `t32`
  ) AS `t33`
  WHERE
    `t33`.`oldest` IS NOT NULL AND `t33`.`begins` IS NOT NULL
), `t40` AS (
  SELECT
    `t38`.`customer_id`,
    `t38`.`period`,
    `t38`.`segment`
  FROM (
    SELECT
      `t29`.`customer_id`,
      `t29`.`segment`,
      `t29`.`first_day`,
      `t29`.`period`,
      `t37`.`begins`,
      `t37`.`end`
    FROM (
      SELECT
        `t26`.`customer_id`,
        `t26`.`segment`,
        DATEDIFF(DAY, MAKE_DATE(1970, 1, 1), CAST(`t26`.`first_at` AS DATE)) AS `first_day`,
        CAST(FLOOR(
          CAST((
            (
              CAST(EXTRACT(year FROM `t26`.`first_at`) AS BIGINT) * 12
            ) + EXTRACT(month FROM `t26`.`first_at`)
          ) - 1 AS DOUBLE) / NULLIF(3.0, 0)
        ) AS BIGINT) AS `period`
      FROM (
        SELECT
          `t15`.`customer_id`,
          COALESCE(`t24`.`began_in`, `t15`.`segment`) AS `segment`,
          `t15`.`first_at`
        FROM `t13` AS `t15`
        LEFT OUTER JOIN (
          SELECT
            `t20`.`customer_id`,
            MIN(`t20`.`began_in`) AS `began_in`
          FROM (
            SELECT
              `t18`.`customer_id`,
              `t18`.`first_at`,
              `t12`.`began_in`
            FROM (
              SELECT
                `t14`.`customer_id`,
                `t14`.`first_at`
              FROM `t13` AS `t14`
              WHERE
                `t14`.`segment` <> `t14`.`other`
            ) AS `t18`
            INNER JOIN (
              SELECT
                `t9`.`customer_id`,
                `t9`.`first_at`,
                `t9`.`segment` AS `began_in`
              FROM `t8` AS `t9`
              WHERE
                `t9`.`orders` > 0
            ) AS `t12`
              ON `t18`.`customer_id` = `t12`.`customer_id` AND `t18`.`first_at` = `t12`.`first_at`
          ) AS `t20`
          GROUP BY
            1
        ) AS `t24`
          ON `t15`.`customer_id` = `t24`.`customer_id`
      ) AS `t26`
    ) AS `t29`
    CROSS JOIN (
      SELECT
        *
      FROM `t34` AS `t35`
    ) AS `t37`
  ) AS `t38`
  WHERE
    `t38`.`first_day` >= `t38`.`begins` AND `t38`.`first_day` < `t38`.`end`
), `t44` AS (
  SELECT
    `t41`.`period`,
    `t41`.`segment`,
    SUM(`t41`.`amount`) AS `amount`
  FROM (
    SELECT
      *
    FROM (
      SELECT
        `t30`.`day`,
        `t30`.`period`,
        `t30`.`segment`,
        `t30`.`amount`,
        `t37`.`begins`,
        `t37`.`end`
      FROM (
        SELECT
          `t23`.`day`,
          CAST(FLOOR(
            CAST((
              (
                CAST(EXTRACT(year FROM MAKE_DATE(1970, 1, 1) + CAST(CONCAT(CAST((
                  `t23`.`day` * 1
                ) + 0 AS INT), ' days') AS INTERVAL)) AS BIGINT) * 12
              ) + EXTRACT(month FROM MAKE_DATE(1970, 1, 1) + CAST(CONCAT(CAST((
                `t23`.`day` * 1
              ) + 0 AS INT), ' days') AS INTERVAL))
            ) - 1 AS DOUBLE) / NULLIF(3.0, 0)
          ) AS BIGINT) AS `period`,
          'all' AS `segment`,
          `t23`.`amount`
        FROM (
          SELECT
            `t19`.`spent_on`,
            `t19`.`channel`,
            `t19`.`amount`,
            `t19`.`kind`,
            `t19`.`month_start`,
            `t19`.`month_days`,
            (
              `t19`.`month_start` + LEAST(CAST(EXTRACT(day FROM `t19`.`spent_on`) AS BIGINT), `t19`.`month_days`)
            ) - 1 AS `day`
          FROM (
            SELECT
              `t4`.`spent_on`,
              `t4`.`channel`,
              `t4`.`amount`,
              `t4`.`kind`,
              DATEDIFF(
                DAY,
                MAKE_DATE(1970, 1, 1),
                MAKE_DATE(
                  CAST(CAST(FLOOR(
                    CAST((
                      (
                        (
                          (
                            CAST(EXTRACT(year FROM `t4`.`spent_on`) AS BIGINT) * 12
                          ) + EXTRACT(month FROM `t4`.`spent_on`)
                        ) - 1
                      ) + 0
                    ) * 1 AS DOUBLE) / NULLIF(12.0, 0)
                  ) AS BIGINT) AS INT),
                  CAST((
                    (
                      (
                        (
                          (
                            (
                              CAST(EXTRACT(year FROM `t4`.`spent_on`) AS BIGINT) * 12
                            ) + EXTRACT(month FROM `t4`.`spent_on`)
                          ) - 1
                        ) + 0
                      ) * 1
                    ) - (
                      CAST(CAST(FLOOR(
                        CAST((
                          (
                            (
                              (
                                CAST(EXTRACT(year FROM `t4`.`spent_on`) AS BIGINT) * 12
                              ) + EXTRACT(month FROM `t4`.`spent_on`)
                            ) - 1
                          ) + 0
                        ) * 1 AS DOUBLE) / NULLIF(12.0, 0)
                      ) AS BIGINT) AS INT) * 12
                    )
                  ) + 1 AS INT),
                  1
                )
              ) AS `month_start`,
              DATEDIFF(
                DAY,
                MAKE_DATE(1970, 1, 1),
                MAKE_DATE(
                  CAST(CAST(FLOOR(
                    CAST((
                      (
                        (
                          (
                            CAST(EXTRACT(year FROM `t4`.`spent_on`) AS BIGINT) * 12
                          ) + EXTRACT(month FROM `t4`.`spent_on`)
                        ) - 1
                      ) + 0 + 1
                    ) * 1 AS DOUBLE) / NULLIF(12.0, 0)
                  ) AS BIGINT) AS INT),
                  CAST((
                    (
                      (
                        (
                          (
                            (
                              CAST(EXTRACT(year FROM `t4`.`spent_on`) AS BIGINT) * 12
                            ) + EXTRACT(month FROM `t4`.`spent_on`)
                          ) - 1
                        ) + 0 + 1
                      ) * 1
                    ) - (
                      CAST(CAST(FLOOR(
                        CAST((
                          (
                            (
                              (
                                CAST(EXTRACT(year FROM `t4`.`spent_on`) AS BIGINT) * 12
                              ) + EXTRACT(month FROM `t4`.`spent_on`)
                            ) - 1
                          ) + 0 + 1
                        ) * 1 AS DOUBLE) / NULLIF(12.0, 0)
                      ) AS BIGINT) AS INT) * 12
                    )
                  ) + 1 AS INT),
                  1
                )
              ) - DATEDIFF(
                DAY,
                MAKE_DATE(1970, 1, 1),
                MAKE_DATE(
                  CAST(CAST(FLOOR(
                    CAST((
                      (
                        (
                          (
                            CAST(EXTRACT(year FROM `t4`.`spent_on`) AS BIGINT) * 12
                          ) + EXTRACT(month FROM `t4`.`spent_on`)
                        ) - 1
                      ) + 0
                    ) * 1 AS DOUBLE) / NULLIF(12.0, 0)
                  ) AS BIGINT) AS INT),
                  CAST((
                    (
                      (
                        (
                          (
                            (
                              CAST(EXTRACT(year FROM `t4`.`spent_on`) AS BIGINT) * 12
                            ) + EXTRACT(month FROM `t4`.`spent_on`)
                          ) - 1
                        ) + 0
                      ) * 1
                    ) - (
                      CAST(CAST(FLOOR(
                        CAST((
                          (
                            (
                              (
                                CAST(EXTRACT(year FROM `t4`.`spent_on`) AS BIGINT) * 12
                              ) + EXTRACT(month FROM `t4`.`spent_on`)
                            ) - 1
                          ) + 0
                        ) * 1 AS DOUBLE) / NULLIF(12.0, 0)
                      ) AS BIGINT) AS INT) * 12
                    )
                  ) + 1 AS INT),
                  1
                )
              ) AS `month_days`
            FROM (
              SELECT
                CAST(`t1`.`spent_on` AS TIMESTAMP) AS `spent_on`,
                `t1`.`channel`,
                `t1`.`amount`,
                `t1`.`kind`
              FROM `spend` AS `t1`
              WHERE
                CAST(`t1`.`spent_on` AS TIMESTAMP) IS NOT NULL
                AND (
                  `t1`.`amount` IS NOT NULL AND NOT ISNAN(`t1`.`amount`)
                )
                AND CAST(`t1`.`spent_on` AS TIMESTAMP) < CAST('2024-06-11T00:00:00' AS TIMESTAMP)
                AND NOT (
                  COALESCE(LOWER(`t1`.`kind`) IN ('salaries', 'tools'), FALSE)
                )
            ) AS `t4`
          ) AS `t19`
        ) AS `t23`
      ) AS `t30`
      CROSS JOIN (
        SELECT
          *
        FROM `t34` AS `t35`
      ) AS `t37`
    ) AS `t39`
    WHERE
      `t39`.`day` >= `t39`.`begins` AND `t39`.`day` < `t39`.`end`
  ) AS `t41`
  GROUP BY
    1,
    2
), `t50` AS (
  SELECT
    `t46`.`period` AS `shared_period`,
    `t46`.`amount` AS `shared`
  FROM `t44` AS `t46`
  WHERE
    `t46`.`segment` IS NULL
)
SELECT
  *
FROM (
  SELECT
    MAKE_DATE(
      CAST(CAST(FLOOR(CAST(`t63`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
      CAST((
        (
          `t63`.`period` * 3
        ) - (
          CAST(CAST(FLOOR(CAST(`t63`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
        )
      ) + 1 AS INT),
      1
    ) AS `period`,
    `t63`.`segment`,
    IF(
      CASE
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST(`t63`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  `t63`.`period` * 3
                ) - (
                  CAST(CAST(FLOOR(CAST(`t63`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= `t63`.`end`
        THEN 'not_yet_observed'
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t63`.`period` + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t63`.`period` + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t63`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > `t63`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t68`.`numerator`, 0),
      CAST(NULL AS DOUBLE)
    ) AS `numerator`,
    IF(
      CASE
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST(`t63`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  `t63`.`period` * 3
                ) - (
                  CAST(CAST(FLOOR(CAST(`t63`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= `t63`.`end`
        THEN 'not_yet_observed'
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t63`.`period` + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t63`.`period` + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t63`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > `t63`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t68`.`denominator`, 0),
      CAST(NULL AS DOUBLE)
    ) AS `denominator`,
    IF(
      CASE
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST(`t63`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  `t63`.`period` * 3
                ) - (
                  CAST(CAST(FLOOR(CAST(`t63`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= `t63`.`end`
        THEN 'not_yet_observed'
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t63`.`period` + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t63`.`period` + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t63`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > `t63`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t68`.`n`, 0),
      CAST(NULL AS BIGINT)
    ) AS `n`,
    IF(
      CASE
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST(`t63`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  `t63`.`period` * 3
                ) - (
                  CAST(CAST(FLOOR(CAST(`t63`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= `t63`.`end`
        THEN 'not_yet_observed'
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t63`.`period` + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t63`.`period` + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t63`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > `t63`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t68`.`sum_xx`, 0),
      CAST(NULL AS DOUBLE)
    ) AS `sum_xx`,
    IF(
      CASE
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST(`t63`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  `t63`.`period` * 3
                ) - (
                  CAST(CAST(FLOOR(CAST(`t63`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= `t63`.`end`
        THEN 'not_yet_observed'
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t63`.`period` + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t63`.`period` + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t63`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > `t63`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t68`.`sum_yy`, 0),
      CAST(NULL AS DOUBLE)
    ) AS `sum_yy`,
    IF(
      CASE
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST(`t63`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  `t63`.`period` * 3
                ) - (
                  CAST(CAST(FLOOR(CAST(`t63`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= `t63`.`end`
        THEN 'not_yet_observed'
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t63`.`period` + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t63`.`period` + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t63`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > `t63`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t68`.`sum_xy`, 0),
      CAST(NULL AS DOUBLE)
    ) AS `sum_xy`,
    IF(
      CASE
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST(`t63`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  `t63`.`period` * 3
                ) - (
                  CAST(CAST(FLOOR(CAST(`t63`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) >= `t63`.`end`
        THEN 'not_yet_observed'
        WHEN (
          DATEDIFF(
            DAY,
            MAKE_DATE(1970, 1, 1),
            MAKE_DATE(
              CAST(CAST(FLOOR(CAST((
                `t63`.`period` + 1
              ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
              CAST((
                (
                  (
                    `t63`.`period` + 1
                  ) * 3
                ) - (
                  CAST(CAST(FLOOR(CAST((
                    `t63`.`period` + 1
                  ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
                )
              ) + 1 AS INT),
              1
            )
          ) + 0
        ) > `t63`.`end`
        THEN 'partial'
        ELSE 'complete'
      END <> 'not_yet_observed',
      COALESCE(`t68`.`sum_ww`, 0),
      CAST(NULL AS DOUBLE)
    ) AS `sum_ww`,
    CASE
      WHEN (
        DATEDIFF(
          DAY,
          MAKE_DATE(1970, 1, 1),
          MAKE_DATE(
            CAST(CAST(FLOOR(CAST(`t63`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
            CAST((
              (
                `t63`.`period` * 3
              ) - (
                CAST(CAST(FLOOR(CAST(`t63`.`period` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT),
            1
          )
        ) + 0
      ) >= `t63`.`end`
      THEN 'not_yet_observed'
      WHEN (
        DATEDIFF(
          DAY,
          MAKE_DATE(1970, 1, 1),
          MAKE_DATE(
            CAST(CAST(FLOOR(CAST((
              `t63`.`period` + 1
            ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
            CAST((
              (
                (
                  `t63`.`period` + 1
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  `t63`.`period` + 1
                ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT),
            1
          )
        ) + 0
      ) > `t63`.`end`
      THEN 'partial'
      ELSE 'complete'
    END AS `status`
  FROM (
    SELECT
      `t58`.`end`,
      `t58`.`first`,
      `t58`.`last`,
      `t58`.`period`,
      'all' AS `segment`
    FROM (
      SELECT
        `t51`.`end`,
        `t51`.`first`,
        `t51`.`last`,
        EXPLODE(
          IF(
            (
              1 <> 0
            )
            AND (
              SIGN(1) = SIGN((
                `t51`.`last` + 1
              ) - (
                `t51`.`first` + 0
              ))
            ),
            IF(
              ELEMENT_AT(
                SEQUENCE(`t51`.`first` + 0, `t51`.`last` + 1, 1),
                SIZE(SEQUENCE(`t51`.`first` + 0, `t51`.`last` + 1, 1))
              ) = (
                `t51`.`last` + 1
              ),
              SLICE(
                SEQUENCE(`t51`.`first` + 0, `t51`.`last` + 1, 1),
                1,
                SIZE(SEQUENCE(`t51`.`first` + 0, `t51`.`last` + 1, 1)) - 1
              ),
              SEQUENCE(`t51`.`first` + 0, `t51`.`last` + 1, 1)
            ),
            ARRAY()
          )
        ) AS `period`
      FROM (
        SELECT
          `t35`.`end`,
          CAST(FLOOR(
            CAST((
              (
                CAST(EXTRACT(year FROM MAKE_DATE(1970, 1, 1) + CAST(CONCAT(CAST((
                  `t35`.`begins` * 1
                ) + 0 AS INT), ' days') AS INTERVAL)) AS BIGINT) * 12
              ) + EXTRACT(month FROM MAKE_DATE(1970, 1, 1) + CAST(CONCAT(CAST((
                `t35`.`begins` * 1
              ) + 0 AS INT), ' days') AS INTERVAL))
            ) - 1 AS DOUBLE) / NULLIF(3.0, 0)
          ) AS BIGINT) AS `first`,
          CAST(FLOOR(
            CAST((
              (
                CAST(EXTRACT(year FROM MAKE_DATE(1970, 1, 1) + CAST(CONCAT(CAST((
                  (
                    `t35`.`end` - 1
                  ) * 1
                ) + 0 AS INT), ' days') AS INTERVAL)) AS BIGINT) * 12
              ) + EXTRACT(month FROM MAKE_DATE(1970, 1, 1) + CAST(CONCAT(CAST((
                (
                  `t35`.`end` - 1
                ) * 1
              ) + 0 AS INT), ' days') AS INTERVAL))
            ) - 1 AS DOUBLE) / NULLIF(3.0, 0)
          ) AS BIGINT) AS `last`
        FROM `t34` AS `t35`
      ) AS `t51`
    ) AS `t58`
  ) AS `t63`
  LEFT OUTER JOIN (
    SELECT
      `t66`.`period`,
      `t66`.`segment`,
      SUM(`t66`.`x`) AS `numerator`,
      SUM(`t66`.`y`) AS `denominator`,
      SUM(CAST(IF(`t66`.`y` <> 0, 1, 0) AS BIGINT)) AS `n`,
      SUM(`t66`.`x` * `t66`.`x`) AS `sum_xx`,
      SUM(`t66`.`y` * `t66`.`y`) AS `sum_yy`,
      SUM(`t66`.`x` * `t66`.`y`) AS `sum_xy`,
      0.0 AS `sum_ww`
    FROM (
      SELECT
        *
      FROM (
        SELECT
          *
        FROM (
          SELECT
            `t47`.`customer_id`,
            `t47`.`period`,
            `t47`.`segment`,
            (
              COALESCE(`t52`.`direct`, 0.0) / NULLIF(CAST(`t47`.`few` AS DOUBLE), 0)
            ) + (
              COALESCE(`t55`.`shared`, 0.0) / NULLIF(CAST(`t47`.`many` AS DOUBLE), 0)
            ) AS `x`,
            1.0 AS `y`
          FROM (
            SELECT
              `t42`.`customer_id`,
              `t42`.`period`,
              `t42`.`segment`,
              COUNT(*) OVER (
                PARTITION BY `t42`.`period`, `t42`.`segment`
                ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
              ) AS `few`,
              COUNT(*) OVER (
                PARTITION BY `t42`.`period`
                ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
              ) AS `many`
            FROM `t40` AS `t42`
          ) AS `t47`
          LEFT OUTER JOIN (
            SELECT
              `t46`.`period` AS `direct_period`,
              `t46`.`segment` AS `direct_segment`,
              `t46`.`amount` AS `direct`
            FROM `t44` AS `t46`
            WHERE
              `t46`.`segment` IS NOT NULL
          ) AS `t52`
            ON `t47`.`period` = `t52`.`direct_period`
            AND `t47`.`segment` = `t52`.`direct_segment`
          LEFT OUTER JOIN `t50` AS `t55`
            ON `t47`.`period` = `t55`.`shared_period`
        ) AS `t60`
        UNION ALL
        SELECT
          *
        FROM (
          SELECT
            CAST(NULL AS STRING) AS `customer_id`,
            `t61`.`period`,
            `t61`.`segment`,
            `t61`.`x`,
            0.0 AS `y`
          FROM (
            SELECT
              *
            FROM (
              SELECT
                `t53`.`period`,
                `t53`.`segment`,
                `t53`.`amount` AS `x`
              FROM (
                SELECT
                  *
                FROM `t44` AS `t46`
                WHERE
                  `t46`.`segment` IS NOT NULL
              ) AS `t53`
              LEFT ANTI JOIN `t40` AS `t43`
                ON `t53`.`period` = `t43`.`period` AND `t53`.`segment` = `t43`.`segment`
            ) AS `t57`
            UNION ALL
            SELECT
              *
            FROM (
              SELECT
                `t56`.`shared_period` AS `period`,
                'unknown' AS `segment`,
                `t56`.`shared` AS `x`
              FROM `t50` AS `t56`
              LEFT ANTI JOIN `t40` AS `t43`
                ON `t56`.`shared_period` = `t43`.`period`
            ) AS `t59`
          ) AS `t61`
        ) AS `t64`
      ) AS `t65`
    ) AS `t66`
    GROUP BY
      1,
      2
  ) AS `t68`
    ON `t63`.`period` = `t68`.`period` AND `t63`.`segment` = `t68`.`segment`
) AS `t69`
ORDER BY
  `t69`.`period` ASC NULLS LAST,
  `t69`.`segment` ASC NULLS LAST
