SELECT
  `t11`.`customer_id`,
  `t11`.`frequency`,
  `t11`.`recency`,
  `t11`.`T`,
  `t11`.`monetary_value`,
  COALESCE(`t9`.`purchases`, 0) AS `holdout_purchases`,
  COALESCE(`t9`.`spend`, 0.0) AS `holdout_spend`
FROM (
  SELECT
    `t7`.`customer_id`,
    `t7`.`occasions` - 1 AS `frequency`,
    CAST(`t7`.`last` - `t7`.`first` AS DOUBLE) / NULLIF(7.0, 0) AS `recency`,
    CAST((
      DATEDIFF(DAY, MAKE_DATE(1970, 1, 1), MAKE_DATE(2023, 11, 5)) - 1
    ) - `t7`.`first` AS DOUBLE) / NULLIF(7.0, 0) AS `T`,
    (
      `t7`.`total` - `t7`.`first_net`
    ) / NULLIF(CAST(`t7`.`occasions` - 1 AS DOUBLE), 0) AS `monetary_value`
  FROM (
    SELECT
      `t5`.`customer_id`,
      MIN(`t5`.`day`) AS `first`,
      MAX(`t5`.`day`) AS `last`,
      COUNT(*) AS `occasions`,
      SUM(`t5`.`net`) AS `total`,
      MIN_BY(`t5`.`net`, `t5`.`day`) AS `first_net`
    FROM (
      SELECT
        `t3`.`customer_id`,
        `t3`.`day`,
        `t3`.`net`
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
            `t0`.`customer_id` IS NOT NULL
            AND `t0`.`ordered_at` IS NOT NULL
            AND `t0`.`ordered_at` < CAST('2023-11-05T00:00:00' AS TIMESTAMP)
        ) AS `t1`
        GROUP BY
          1,
          2
      ) AS `t3`
      WHERE
        `t3`.`is_active`
    ) AS `t5`
    GROUP BY
      1
  ) AS `t7`
  ORDER BY
    `t7`.`customer_id` ASC NULLS LAST
) AS `t11`
LEFT OUTER JOIN (
  SELECT
    `t6`.`customer_id`,
    COUNT(*) AS `purchases`,
    SUM(`t6`.`net`) AS `spend`
  FROM (
    SELECT
      `t4`.`customer_id`,
      `t4`.`day`,
      `t4`.`net`
    FROM (
      SELECT
        `t2`.`customer_id`,
        DATEDIFF(DAY, MAKE_DATE(1970, 1, 1), CAST(`t2`.`ordered_at` AS DATE)) AS `day`,
        SUM(`t2`.`amount`) AS `net`,
        BOOL_OR(`t2`.`is_activity`) AS `is_active`
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
      ) AS `t2`
      GROUP BY
        1,
        2
    ) AS `t4`
    WHERE
      `t4`.`is_active`
      AND `t4`.`day` >= DATEDIFF(DAY, MAKE_DATE(1970, 1, 1), MAKE_DATE(2023, 11, 5))
  ) AS `t6`
  GROUP BY
    1
) AS `t9`
  ON `t11`.`customer_id` = `t9`.`customer_id`
