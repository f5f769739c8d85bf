WITH `t1` AS (
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
)
SELECT
  `t8`.`customer_id`,
  `t8`.`orders`,
  `t8`.`amount`,
  `t8`.`recency_days`,
  IF(
    (
      CAST(FLOOR(PERCENT_RANK() OVER (ORDER BY `t8`.`recency_days` DESC) * 5) AS BIGINT) + 1
    ) IS NULL,
    CAST(FLOOR(PERCENT_RANK() OVER (ORDER BY `t8`.`recency_days` DESC) * 5) AS BIGINT) + 1,
    LEAST(
      5,
      CAST(FLOOR(PERCENT_RANK() OVER (ORDER BY `t8`.`recency_days` DESC) * 5) AS BIGINT) + 1
    )
  ) AS `r_score`,
  IF(
    (
      CAST(FLOOR(PERCENT_RANK() OVER (ORDER BY `t8`.`orders` ASC NULLS LAST) * 5) AS BIGINT) + 1
    ) IS NULL,
    CAST(FLOOR(PERCENT_RANK() OVER (ORDER BY `t8`.`orders` ASC NULLS LAST) * 5) AS BIGINT) + 1,
    LEAST(
      5,
      CAST(FLOOR(PERCENT_RANK() OVER (ORDER BY `t8`.`orders` ASC NULLS LAST) * 5) AS BIGINT) + 1
    )
  ) AS `f_score`,
  IF(
    (
      CAST(FLOOR(PERCENT_RANK() OVER (ORDER BY `t8`.`amount` ASC NULLS LAST) * 5) AS BIGINT) + 1
    ) IS NULL,
    CAST(FLOOR(PERCENT_RANK() OVER (ORDER BY `t8`.`amount` ASC NULLS LAST) * 5) AS BIGINT) + 1,
    LEAST(
      5,
      CAST(FLOOR(PERCENT_RANK() OVER (ORDER BY `t8`.`amount` ASC NULLS LAST) * 5) AS BIGINT) + 1
    )
  ) AS `m_score`
FROM (
  SELECT
    `t7`.`customer_id`,
    `t7`.`orders`,
    `t5`.`amount`,
    (
      DATEDIFF(DAY, MAKE_DATE(1970, 1, 1), MAKE_DATE(2024, 6, 11)) - 1
    ) - `t7`.`last` AS `recency_days`
  FROM (
    SELECT
      `t3`.`customer_id`,
      MAX(DATEDIFF(DAY, MAKE_DATE(1970, 1, 1), CAST(`t3`.`ordered_at` AS DATE))) AS `last`,
      COUNT(*) AS `orders`
    FROM (
      SELECT
        *
      FROM `t1` AS `t2`
      WHERE
        `t2`.`is_activity`
    ) AS `t3`
    GROUP BY
      1
  ) AS `t7`
  INNER JOIN (
    SELECT
      `t2`.`customer_id`,
      SUM(`t2`.`amount`) AS `amount`
    FROM `t1` AS `t2`
    GROUP BY
      1
  ) AS `t5`
    ON `t7`.`customer_id` = `t5`.`customer_id`
) AS `t8`
