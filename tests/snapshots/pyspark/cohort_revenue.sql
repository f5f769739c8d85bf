WITH `t1` AS (
  SELECT
    `t0`.`customer_id`,
    `t0`.`ordered_at`,
    `t0`.`amount`,
    COALESCE((
      `t0`.`amount` >= 0
    ) AND NOT (
      COALESCE(`t0`.`is_refund`, FALSE)
    ), FALSE) AS `is_activity`,
    'all customers' AS `segment`,
    CAST(EXTRACT(year FROM `t0`.`ordered_at`) AS BIGINT) AS `period`
  FROM `orders` AS `t0`
  WHERE
    `t0`.`customer_id` IS NOT NULL
    AND `t0`.`ordered_at` IS NOT NULL
    AND `t0`.`ordered_at` < CAST('2024-06-11T00:00:00' AS TIMESTAMP)
), `t4` AS (
  SELECT
    *
  FROM `t1` AS `t2`
  WHERE
    `t2`.`is_activity`
), `t12` AS (
  SELECT
    `t11`.`customer_id`,
    `t11`.`entered`,
    MIN(`t11`.`segment`) AS `segment`,
    MIN(`t11`.`period`) AS `cohort`
  FROM (
    SELECT
      `t10`.`customer_id`,
      `t10`.`entered`,
      `t8`.`ordered_at`,
      `t8`.`amount`,
      `t8`.`is_activity`,
      `t8`.`segment`,
      `t8`.`period`
    FROM (
      SELECT
        `t6`.`customer_id`,
        MIN(`t6`.`ordered_at`) AS `entered`
      FROM `t4` AS `t6`
      GROUP BY
        1
    ) AS `t10`
    INNER JOIN `t4` AS `t8`
      ON `t10`.`customer_id` = `t8`.`customer_id` AND `t10`.`entered` = `t8`.`ordered_at`
  ) AS `t11`
  GROUP BY
    1,
    2
)
SELECT
  *
FROM (
  SELECT
    MAKE_DATE(
      CAST(CAST(FLOOR(CAST(`t29`.`cohort` * 12 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
      CAST((
        (
          `t29`.`cohort` * 12
        ) - (
          CAST(CAST(FLOOR(CAST(`t29`.`cohort` * 12 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
        )
      ) + 1 AS INT),
      1
    ) AS `cohort`,
    `t29`.`age`,
    `t29`.`cohort_size`,
    IF(
      `t29`.`status` <> 'not_yet_observed',
      COALESCE(`t29`.`revenue`, 0),
      CAST(NULL AS DOUBLE)
    ) AS `revenue`,
    IF(
      `t29`.`status` <> 'not_yet_observed',
      COALESCE(`t29`.`revenue`, 0),
      CAST(NULL AS DOUBLE)
    ) / NULLIF(CAST(`t29`.`cohort_size` AS DOUBLE), 0) AS `revenue_per_customer`,
    `t29`.`status`
  FROM (
    SELECT
      `t17`.`segment`,
      `t28`.`cohort`,
      `t28`.`age`,
      COALESCE(`t19`.`cohort_size`, 0) AS `cohort_size`,
      CASE
        WHEN DATEDIFF(
          DAY,
          MAKE_DATE(1970, 1, 1),
          MAKE_DATE(
            CAST(CAST(FLOOR(CAST((
              `t28`.`cohort` + `t28`.`age`
            ) * 12 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
            CAST((
              (
                (
                  `t28`.`cohort` + `t28`.`age`
                ) * 12
              ) - (
                CAST(CAST(FLOOR(CAST((
                  `t28`.`cohort` + `t28`.`age`
                ) * 12 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT),
            1
          )
        ) >= `t28`.`end`
        THEN 'not_yet_observed'
        WHEN DATEDIFF(
          DAY,
          MAKE_DATE(1970, 1, 1),
          MAKE_DATE(
            CAST(CAST(FLOOR(
              CAST((
                `t28`.`cohort` + `t28`.`age` + 1 + 0
              ) * 12 AS DOUBLE) / NULLIF(12.0, 0)
            ) AS BIGINT) AS INT),
            CAST((
              (
                (
                  `t28`.`cohort` + `t28`.`age` + 1 + 0
                ) * 12
              ) - (
                CAST(CAST(FLOOR(
                  CAST((
                    `t28`.`cohort` + `t28`.`age` + 1 + 0
                  ) * 12 AS DOUBLE) / NULLIF(12.0, 0)
                ) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT),
            1
          )
        ) > `t28`.`end`
        THEN 'partial'
        ELSE 'complete'
      END AS `status`,
      `t25`.`segment` AS `segment_right`,
      `t25`.`cohort` AS `cohort_right`,
      `t25`.`age` AS `age_right`,
      `t25`.`revenue`
    FROM (
      SELECT
        *
      FROM (
        SELECT
          `t22`.`first`,
          `t22`.`end`,
          `t22`.`last`,
          `t22`.`cohort`,
          EXPLODE(
            IF(
              (
                1 <> 0
              )
              AND (
                SIGN(1) = SIGN((
                  (
                    `t22`.`last` - `t22`.`first`
                  ) + 1
                ) - 0)
              ),
              IF(
                ELEMENT_AT(
                  SEQUENCE(0, (
                    `t22`.`last` - `t22`.`first`
                  ) + 1, 1),
                  SIZE(SEQUENCE(0, (
                    `t22`.`last` - `t22`.`first`
                  ) + 1, 1))
                ) = (
                  (
                    `t22`.`last` - `t22`.`first`
                  ) + 1
                ),
                SLICE(
                  SEQUENCE(0, (
                    `t22`.`last` - `t22`.`first`
                  ) + 1, 1),
                  1,
                  SIZE(SEQUENCE(0, (
                    `t22`.`last` - `t22`.`first`
                  ) + 1, 1)) - 1
                ),
                SEQUENCE(0, (
                  `t22`.`last` - `t22`.`first`
                ) + 1, 1)
              ),
              ARRAY()
            )
          ) AS `age`
        FROM (
          SELECT
            `t20`.`first`,
            `t20`.`end`,
            `t20`.`last`,
            EXPLODE(
              IF(
                (
                  1 <> 0
                ) AND (
                  SIGN(1) = SIGN((
                    `t20`.`last` + 1
                  ) - `t20`.`first`)
                ),
                IF(
                  ELEMENT_AT(
                    SEQUENCE(`t20`.`first`, `t20`.`last` + 1, 1),
                    SIZE(SEQUENCE(`t20`.`first`, `t20`.`last` + 1, 1))
                  ) = (
                    `t20`.`last` + 1
                  ),
                  SLICE(
                    SEQUENCE(`t20`.`first`, `t20`.`last` + 1, 1),
                    1,
                    SIZE(SEQUENCE(`t20`.`first`, `t20`.`last` + 1, 1)) - 1
                  ),
                  SEQUENCE(`t20`.`first`, `t20`.`last` + 1, 1)
                ),
                ARRAY()
              )
            ) AS `cohort`
          FROM (
            SELECT
              `t18`.`first`,
              DATEDIFF(DAY, MAKE_DATE(1970, 1, 1), MAKE_DATE(2024, 6, 11)) AS `end`,
              CAST(EXTRACT(year FROM MAKE_DATE(2024, 6, 11) - INTERVAL '1' DAY) AS BIGINT) AS `last`
            FROM (
              SELECT
                MIN(`t13`.`cohort`) AS `first`
              FROM `t12` AS `t13`
            ) AS `t18`
          ) AS `t20`
        ) AS `t22`
      ) AS `t26`
    ) AS `t28`
    CROSS JOIN (
      SELECT DISTINCT
        `t13`.`segment`
      FROM `t12` AS `t13`
    ) AS `t17`
    LEFT OUTER JOIN (
      SELECT
        `t13`.`segment`,
        `t13`.`cohort`,
        COUNT(*) AS `cohort_size`
      FROM `t12` AS `t13`
      GROUP BY
        1,
        2
    ) AS `t19`
      ON `t17`.`segment` = `t19`.`segment` AND `t28`.`cohort` = `t19`.`cohort`
    LEFT OUTER JOIN (
      SELECT
        `t23`.`segment`,
        `t23`.`cohort`,
        `t23`.`age`,
        SUM(`t23`.`amount`) AS `revenue`
      FROM (
        SELECT
          `t21`.`customer_id`,
          `t21`.`entered`,
          `t21`.`segment`,
          `t21`.`cohort`,
          `t21`.`later_customer`,
          `t21`.`ordered_at`,
          `t21`.`amount`,
          `t21`.`is_activity`,
          `t21`.`period`,
          GREATEST(`t21`.`period` - CAST(EXTRACT(year FROM `t21`.`entered`) AS BIGINT), 0) AS `age`
        FROM (
          SELECT
            `t14`.`customer_id`,
            `t14`.`entered`,
            `t14`.`segment`,
            `t14`.`cohort`,
            `t7`.`later_customer`,
            `t7`.`ordered_at`,
            `t7`.`amount`,
            `t7`.`is_activity`,
            `t7`.`period`
          FROM `t12` AS `t14`
          INNER JOIN (
            SELECT
              `t3`.`customer_id` AS `later_customer`,
              `t3`.`ordered_at`,
              `t3`.`amount`,
              `t3`.`is_activity`,
              `t3`.`period`
            FROM (
              SELECT
                `t2`.`customer_id`,
                `t2`.`ordered_at`,
                `t2`.`amount`,
                `t2`.`is_activity`,
                `t2`.`period`
              FROM `t1` AS `t2`
            ) AS `t3`
          ) AS `t7`
            ON `t14`.`customer_id` = `t7`.`later_customer` AND `t7`.`period` >= `t14`.`cohort`
        ) AS `t21`
      ) AS `t23`
      GROUP BY
        1,
        2,
        3
    ) AS `t25`
      ON `t17`.`segment` = `t25`.`segment`
      AND `t28`.`cohort` = `t25`.`cohort`
      AND `t28`.`age` = `t25`.`age`
  ) AS `t29`
) AS `t30`
ORDER BY
  `t30`.`cohort` ASC NULLS LAST,
  `t30`.`age` ASC NULLS LAST
