WITH `t2` AS (
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
)
SELECT
  *
FROM (
  SELECT
    *
  FROM (
    SELECT
      MAKE_DATE(2023, 10, 1) AS `opens`,
      MAKE_DATE(2024, 1, 1) AS `ends`,
      `t10`.`frequency`,
      `t10`.`customers`,
      `t10`.`purchases`,
      `t10`.`spend`,
      `t10`.`discounted_spend`
    FROM (
      SELECT
        `t8`.`before` - 1 AS `frequency`,
        COUNT(*) AS `customers`,
        SUM(`t8`.`purchases`) AS `purchases`,
        SUM(`t8`.`spend`) AS `spend`,
        SUM(`t8`.`discounted`) AS `discounted_spend`
      FROM (
        SELECT
          *
        FROM (
          SELECT
            `t4`.`customer_id`,
            SUM(CAST(IF(NOT (
              `t4`.`day` >= 19631
            ), 1, 0) AS BIGINT)) AS `before`,
            SUM(CAST(IF(`t4`.`day` >= 19631, 1, 0) AS BIGINT)) AS `purchases`,
            SUM(IF(`t4`.`day` >= 19631, `t4`.`net`, 0.0)) AS `spend`,
            SUM(
              IF(`t4`.`day` >= 19631, `t4`.`net`, 0.0) * EXP(CAST(19630 - `t4`.`day` AS DOUBLE) * 0.00026094505079897294)
            ) AS `discounted`
          FROM (
            SELECT
              `t3`.`customer_id`,
              `t3`.`day`,
              `t3`.`net`
            FROM `t2` AS `t3`
            WHERE
              `t3`.`is_active` AND `t3`.`day` < 19723
          ) AS `t4`
          GROUP BY
            1
        ) AS `t6`
        WHERE
          `t6`.`before` > 0
      ) AS `t8`
      GROUP BY
        1
    ) AS `t10`
  ) AS `t12`
  UNION ALL
  SELECT
    *
  FROM (
    SELECT
      MAKE_DATE(2023, 11, 5) AS `opens`,
      MAKE_DATE(2024, 2, 29) AS `ends`,
      `t11`.`frequency`,
      `t11`.`customers`,
      `t11`.`purchases`,
      `t11`.`spend`,
      `t11`.`discounted_spend`
    FROM (
      SELECT
        `t9`.`before` - 1 AS `frequency`,
        COUNT(*) AS `customers`,
        SUM(`t9`.`purchases`) AS `purchases`,
        SUM(`t9`.`spend`) AS `spend`,
        SUM(`t9`.`discounted`) AS `discounted_spend`
      FROM (
        SELECT
          *
        FROM (
          SELECT
            `t5`.`customer_id`,
            SUM(CAST(IF(NOT (
              `t5`.`day` >= 19666
            ), 1, 0) AS BIGINT)) AS `before`,
            SUM(CAST(IF(`t5`.`day` >= 19666, 1, 0) AS BIGINT)) AS `purchases`,
            SUM(IF(`t5`.`day` >= 19666, `t5`.`net`, 0.0)) AS `spend`,
            SUM(
              IF(`t5`.`day` >= 19666, `t5`.`net`, 0.0) * EXP(CAST(19665 - `t5`.`day` AS DOUBLE) * 0.00026094505079897294)
            ) AS `discounted`
          FROM (
            SELECT
              `t3`.`customer_id`,
              `t3`.`day`,
              `t3`.`net`
            FROM `t2` AS `t3`
            WHERE
              `t3`.`is_active` AND `t3`.`day` < 19782
          ) AS `t5`
          GROUP BY
            1
        ) AS `t7`
        WHERE
          `t7`.`before` > 0
      ) AS `t9`
      GROUP BY
        1
    ) AS `t11`
  ) AS `t13`
) AS `t14`
ORDER BY
  `t14`.`opens` ASC NULLS LAST,
  `t14`.`ends` ASC NULLS LAST,
  `t14`.`frequency` ASC NULLS LAST
