SELECT
  *
FROM (
  SELECT
    `t7`.`frequency`,
    `t7`.`recency`,
    `t7`.`T`,
    COUNT(*) AS `n_customers`
  FROM (
    SELECT
      `t6`.`customer_id`,
      `t6`.`occasions` - 1 AS `frequency`,
      CAST(`t6`.`last` - `t6`.`first` AS DOUBLE) / NULLIF(30.4375, 0) AS `recency`,
      CAST((
        DATEDIFF(
          DAY,
          MAKE_DATE(1970, 1, 1),
          (
            SELECT
              CAST(`t1`.`newest` AS DATE) + INTERVAL '1' DAY AS `end`
            FROM (
              SELECT
                MAX(`t0`.`ordered_at`) AS `newest`
              FROM `orders` AS `t0`
            ) AS `t1`
          )
        ) - 1
      ) - `t6`.`first` AS DOUBLE) / NULLIF(30.4375, 0) AS `T`,
      (
        `t6`.`total` - `t6`.`first_net`
      ) / NULLIF(CAST(`t6`.`occasions` - 1 AS DOUBLE), 0) AS `monetary_value`
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
      ) AS `t5`
      GROUP BY
        1
    ) AS `t6`
    ORDER BY
      `t6`.`customer_id` ASC NULLS LAST
  ) AS `t7`
  GROUP BY
    1,
    2,
    3
) AS `t8`
ORDER BY
  `t8`.`frequency` ASC NULLS LAST,
  `t8`.`recency` ASC NULLS LAST,
  `t8`.`T` ASC NULLS LAST
