SELECT
  *
FROM (
  SELECT
    `t5`.`customer_id`,
    MAKE_DATE(1970, 1, 1) + CAST(CONCAT(CAST((
      `t5`.`at` * 1
    ) + 0 AS INT), ' days') AS INTERVAL) AS `cutoff`,
    CAST(IF(`t5`.`last` < `t5`.`at`, 1, 0) AS BIGINT) AS `churned`
  FROM (
    SELECT
      `t4`.`customer_id`,
      `t4`.`at`,
      MIN(`t4`.`day`) AS `first`,
      MAX(`t4`.`day`) AS `last`
    FROM (
      SELECT
        *
      FROM (
        SELECT
          `t2`.`customer_id`,
          `t2`.`day`,
          EXPLODE(ARRAY(19631, 19782)) AS `at`
        FROM (
          SELECT
            `t1`.`customer_id`,
            DATEDIFF(DAY, MAKE_DATE(1970, 1, 1), CAST(`t1`.`ordered_at` AS DATE)) AS `day`
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
          WHERE
            `t1`.`is_activity`
        ) AS `t2`
      ) AS `t3`
      WHERE
        `t3`.`day` < (
          `t3`.`at` + 60
        )
    ) AS `t4`
    GROUP BY
      1,
      2
  ) AS `t5`
  WHERE
    `t5`.`first` < `t5`.`at`
) AS `t6`
ORDER BY
  `t6`.`cutoff` ASC NULLS LAST,
  `t6`.`customer_id` ASC NULLS LAST
