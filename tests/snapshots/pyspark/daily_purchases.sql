WITH `t3` AS (
  SELECT
    `t2`.`customer_id`,
    `t2`.`day`,
    `t2`.`net`
  FROM (
    SELECT
      `t1`.`customer_id`,
      DATEDIFF(DAY, MAKE_DATE(1970, 1, 1), CAST(`t1`.`ordered_at` AS DATE)) AS `day`,
      SUM(`t1`.`amount`) AS `net`,
      BOOL_OR(`t1`.`is_activity`) AS `is_active`
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
        `t0`.`customer_id` IS NOT NULL AND `t0`.`ordered_at` IS NOT NULL
    ) AS `t1`
    GROUP BY
      1,
      2
  ) AS `t2`
  WHERE
    `t2`.`is_active`
)
SELECT
  *
FROM (
  SELECT
    MAKE_DATE(1970, 1, 1) + CAST(CONCAT(CAST((
      `t10`.`number` * 1
    ) + 0 AS INT), ' days') AS INTERVAL) AS `day`,
    `t10`.`first_purchases`,
    `t10`.`repeat_purchases`
  FROM (
    SELECT
      `t9`.`day` AS `number`,
      SUM(CAST(IF(`t9`.`day` = `t9`.`first`, 1, 0) AS BIGINT)) AS `first_purchases`,
      SUM(CAST(IF(NOT (
        `t9`.`day` = `t9`.`first`
      ), 1, 0) AS BIGINT)) AS `repeat_purchases`
    FROM (
      SELECT
        `t5`.`customer_id`,
        `t5`.`day`,
        `t5`.`net`,
        `t8`.`first`
      FROM `t3` AS `t5`
      INNER JOIN (
        SELECT
          *
        FROM (
          SELECT
            `t4`.`customer_id`,
            MIN(`t4`.`day`) AS `first`
          FROM `t3` AS `t4`
          GROUP BY
            1
        ) AS `t6`
        WHERE
          `t6`.`first` < DATEDIFF(DAY, MAKE_DATE(1970, 1, 1), MAKE_DATE(2024, 1, 1))
      ) AS `t8`
        ON `t5`.`customer_id` = `t8`.`customer_id`
    ) AS `t9`
    GROUP BY
      1
  ) AS `t10`
) AS `t11`
ORDER BY
  `t11`.`day` ASC NULLS LAST
