WITH `t5` AS (
  SELECT
    `t4`.`customer_id`,
    `t4`.`occasions` - 1 AS `frequency`,
    CAST(`t4`.`last` - `t4`.`first` AS DOUBLE) / NULLIF(7.0, 0) AS `recency`,
    CAST((
      DATEDIFF(DAY, MAKE_DATE(1970, 1, 1), MAKE_DATE(2024, 6, 11)) - 1
    ) - `t4`.`first` AS DOUBLE) / NULLIF(7.0, 0) AS `T`,
    (
      `t4`.`total` - `t4`.`first_net`
    ) / NULLIF(CAST(`t4`.`occasions` - 1 AS DOUBLE), 0) AS `monetary_value`
  FROM (
    SELECT
      `t3`.`customer_id`,
      MIN(`t3`.`day`) AS `first`,
      MAX(`t3`.`day`) AS `last`,
      COUNT(*) AS `occasions`,
      SUM(`t3`.`net`) AS `total`,
      MIN_BY(`t3`.`net`, `t3`.`day`) AS `first_net`
    FROM (
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
            `t0`.`customer_id` IS NOT NULL
            AND `t0`.`ordered_at` IS NOT NULL
            AND `t0`.`ordered_at` < CAST('2024-06-11T00:00:00' AS TIMESTAMP)
        ) AS `t1`
        GROUP BY
          1,
          2
      ) AS `t2`
      WHERE
        `t2`.`is_active`
    ) AS `t3`
    GROUP BY
      1
  ) AS `t4`
  ORDER BY
    `t4`.`customer_id` ASC NULLS LAST
)
SELECT
  `t7`.`customer_id`,
  `t7`.`frequency`,
  `t7`.`recency`,
  `t7`.`T`,
  `t7`.`monetary_value`,
  `t11`.`n_customers`
FROM `t5` AS `t7`
LEFT OUTER JOIN (
  SELECT
    `t9`.`frequency`,
    `t9`.`recency`,
    `t9`.`T`,
    MAX(`t9`.`n_customers`) AS `n_customers`
  FROM (
    SELECT
      *
    FROM (
      SELECT
        `t6`.`frequency`,
        `t6`.`recency`,
        `t6`.`T`,
        COUNT(*) AS `n_customers`
      FROM `t5` AS `t6`
      GROUP BY
        1,
        2,
        3
    ) AS `t8`
    ORDER BY
      `t8`.`frequency` ASC NULLS LAST,
      `t8`.`recency` ASC NULLS LAST,
      `t8`.`T` ASC NULLS LAST
  ) AS `t9`
  GROUP BY
    1,
    2,
    3
) AS `t11`
  ON `t7`.`frequency` = `t11`.`frequency`
  AND `t7`.`recency` = `t11`.`recency`
  AND `t7`.`T` = `t11`.`T`
