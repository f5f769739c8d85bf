WITH `t2` AS (
  SELECT
    `t1`.`customer_id`,
    `t1`.`ordered_at`,
    `t1`.`amount`,
    `t1`.`is_activity`,
    'all customers' AS `segment`,
    CAST(FLOOR(
      CAST((
        (
          CAST(EXTRACT(year FROM `t1`.`ordered_at`) AS BIGINT) * 12
        ) + EXTRACT(month FROM `t1`.`ordered_at`)
      ) - 1 AS DOUBLE) / NULLIF(3.0, 0)
    ) AS BIGINT) AS `period`
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
), `t11` AS (
  SELECT
    `t10`.`customer_id`,
    `t10`.`entered`,
    MIN(`t10`.`segment`) AS `segment`,
    MIN(`t10`.`period`) AS `cohort`
  FROM (
    SELECT
      `t8`.`customer_id`,
      `t8`.`entered`,
      `t4`.`ordered_at`,
      `t4`.`amount`,
      `t4`.`is_activity`,
      `t4`.`segment`,
      `t4`.`period`
    FROM (
      SELECT
        `t3`.`customer_id`,
        MIN(`t3`.`ordered_at`) AS `entered`
      FROM `t2` AS `t3`
      GROUP BY
        1
    ) AS `t8`
    INNER JOIN `t2` AS `t4`
      ON `t8`.`customer_id` = `t4`.`customer_id` AND `t8`.`entered` = `t4`.`ordered_at`
  ) AS `t10`
  GROUP BY
    1,
    2
)
SELECT
  *
FROM (
  SELECT
    MAKE_DATE(
      CAST(CAST(FLOOR(CAST(`t30`.`cohort` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
      CAST((
        (
          `t30`.`cohort` * 3
        ) - (
          CAST(CAST(FLOOR(CAST(`t30`.`cohort` * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
        )
      ) + 1 AS INT),
      1
    ) AS `cohort`,
    `t30`.`age`,
    `t30`.`cohort_size`,
    IF(
      `t30`.`status` <> 'not_yet_observed',
      COALESCE(`t30`.`active`, 0),
      CAST(NULL AS BIGINT)
    ) AS `active`,
    CAST(IF(
      `t30`.`status` <> 'not_yet_observed',
      COALESCE(`t30`.`active`, 0),
      CAST(NULL AS BIGINT)
    ) AS DOUBLE) / NULLIF(CAST(`t30`.`cohort_size` AS DOUBLE), 0) AS `retention`,
    `t30`.`status`
  FROM (
    SELECT
      `t16`.`segment`,
      `t25`.`cohort`,
      `t25`.`age`,
      COALESCE(`t18`.`cohort_size`, 0) AS `cohort_size`,
      CASE
        WHEN DATEDIFF(
          DAY,
          MAKE_DATE(1970, 1, 1),
          MAKE_DATE(
            CAST(CAST(FLOOR(CAST((
              `t25`.`cohort` + `t25`.`age`
            ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
            CAST((
              (
                (
                  `t25`.`cohort` + `t25`.`age`
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  `t25`.`cohort` + `t25`.`age`
                ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT),
            1
          )
        ) >= `t25`.`end`
        THEN 'not_yet_observed'
        WHEN DATEDIFF(
          DAY,
          MAKE_DATE(1970, 1, 1),
          MAKE_DATE(
            CAST(CAST(FLOOR(CAST((
              `t25`.`cohort` + `t25`.`age` + 1 + 0
            ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
            CAST((
              (
                (
                  `t25`.`cohort` + `t25`.`age` + 1 + 0
                ) * 3
              ) - (
                CAST(CAST(FLOOR(CAST((
                  `t25`.`cohort` + `t25`.`age` + 1 + 0
                ) * 3 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
              )
            ) + 1 AS INT),
            1
          )
        ) > `t25`.`end`
        THEN 'partial'
        ELSE 'complete'
      END AS `status`,
      `t29`.`segment` AS `segment_right`,
      `t29`.`cohort` AS `cohort_right`,
      `t29`.`age` AS `age_right`,
      `t29`.`active`
    FROM (
      SELECT
        *
      FROM (
        SELECT
          `t21`.`first`,
          `t21`.`end`,
          `t21`.`last`,
          `t21`.`cohort`,
          EXPLODE(
            IF(
              (
                1 <> 0
              )
              AND (
                SIGN(1) = SIGN((
                  (
                    `t21`.`last` - `t21`.`first`
                  ) + 1
                ) - 0)
              ),
              IF(
                ELEMENT_AT(
                  SEQUENCE(0, (
                    `t21`.`last` - `t21`.`first`
                  ) + 1, 1),
                  SIZE(SEQUENCE(0, (
                    `t21`.`last` - `t21`.`first`
                  ) + 1, 1))
                ) = (
                  (
                    `t21`.`last` - `t21`.`first`
                  ) + 1
                ),
                SLICE(
                  SEQUENCE(0, (
                    `t21`.`last` - `t21`.`first`
                  ) + 1, 1),
                  1,
                  SIZE(SEQUENCE(0, (
                    `t21`.`last` - `t21`.`first`
                  ) + 1, 1)) - 1
                ),
                SEQUENCE(0, (
                  `t21`.`last` - `t21`.`first`
                ) + 1, 1)
              ),
              ARRAY()
            )
          ) AS `age`
        FROM (
          SELECT
            `t19`.`first`,
            `t19`.`end`,
            `t19`.`last`,
            EXPLODE(
              IF(
                (
                  1 <> 0
                ) AND (
                  SIGN(1) = SIGN((
                    `t19`.`last` + 1
                  ) - `t19`.`first`)
                ),
                IF(
                  ELEMENT_AT(
                    SEQUENCE(`t19`.`first`, `t19`.`last` + 1, 1),
                    SIZE(SEQUENCE(`t19`.`first`, `t19`.`last` + 1, 1))
                  ) = (
                    `t19`.`last` + 1
                  ),
                  SLICE(
                    SEQUENCE(`t19`.`first`, `t19`.`last` + 1, 1),
                    1,
                    SIZE(SEQUENCE(`t19`.`first`, `t19`.`last` + 1, 1)) - 1
                  ),
                  SEQUENCE(`t19`.`first`, `t19`.`last` + 1, 1)
                ),
                ARRAY()
              )
            ) AS `cohort`
          FROM (
            SELECT
              `t17`.`first`,
              DATEDIFF(DAY, MAKE_DATE(1970, 1, 1), MAKE_DATE(2024, 6, 11)) AS `end`,
              CAST(FLOOR(
                CAST((
                  (
                    CAST(EXTRACT(year FROM MAKE_DATE(2024, 6, 11) - INTERVAL '1' DAY) AS BIGINT) * 12
                  ) + EXTRACT(month FROM MAKE_DATE(2024, 6, 11) - INTERVAL '1' DAY)
                ) - 1 AS DOUBLE) / NULLIF(3.0, 0)
              ) AS BIGINT) AS `last`
            FROM (
              SELECT
                MIN(`t12`.`cohort`) AS `first`
              FROM `t11` AS `t12`
            ) AS `t17`
          ) AS `t19`
        ) AS `t21`
      ) AS `t22`
    ) AS `t25`
    CROSS JOIN (
      SELECT DISTINCT
        `t12`.`segment`
      FROM `t11` AS `t12`
    ) AS `t16`
    LEFT OUTER JOIN (
      SELECT
        `t12`.`segment`,
        `t12`.`cohort`,
        COUNT(*) AS `cohort_size`
      FROM `t11` AS `t12`
      GROUP BY
        1,
        2
    ) AS `t18`
      ON `t16`.`segment` = `t18`.`segment` AND `t25`.`cohort` = `t18`.`cohort`
    LEFT OUTER JOIN (
      SELECT
        `t27`.`segment`,
        `t27`.`cohort`,
        `t27`.`age`,
        COUNT(*) AS `active`
      FROM (
        SELECT DISTINCT
          `t26`.`segment`,
          `t26`.`cohort`,
          `t26`.`customer_id`,
          `t26`.`age`
        FROM (
          SELECT
            `t23`.`segment`,
            `t23`.`cohort`,
            `t23`.`customer_id`,
            `t23`.`age`,
            COUNT(*) AS `n`
          FROM (
            SELECT
              `t20`.`customer_id`,
              `t20`.`entered`,
              `t20`.`segment`,
              `t20`.`cohort`,
              `t20`.`later_customer`,
              `t20`.`ordered_at`,
              `t20`.`amount`,
              `t20`.`is_activity`,
              `t20`.`period`,
              GREATEST(
                `t20`.`period` - CAST(FLOOR(
                  CAST((
                    (
                      CAST(EXTRACT(year FROM `t20`.`entered`) AS BIGINT) * 12
                    ) + EXTRACT(month FROM `t20`.`entered`)
                  ) - 1 AS DOUBLE) / NULLIF(3.0, 0)
                ) AS BIGINT),
                0
              ) AS `age`
            FROM (
              SELECT
                `t13`.`customer_id`,
                `t13`.`entered`,
                `t13`.`segment`,
                `t13`.`cohort`,
                `t9`.`later_customer`,
                `t9`.`ordered_at`,
                `t9`.`amount`,
                `t9`.`is_activity`,
                `t9`.`period`
              FROM `t11` AS `t13`
              INNER JOIN (
                SELECT
                  `t5`.`customer_id` AS `later_customer`,
                  `t5`.`ordered_at`,
                  `t5`.`amount`,
                  `t5`.`is_activity`,
                  `t5`.`period`
                FROM (
                  SELECT
                    `t3`.`customer_id`,
                    `t3`.`ordered_at`,
                    `t3`.`amount`,
                    `t3`.`is_activity`,
                    `t3`.`period`
                  FROM `t2` AS `t3`
                ) AS `t5`
              ) AS `t9`
                ON `t13`.`customer_id` = `t9`.`later_customer` AND `t9`.`period` >= `t13`.`cohort`
            ) AS `t20`
          ) AS `t23`
          GROUP BY
            1,
            2,
            3,
            4
        ) AS `t26`
        WHERE
          (
            `t26`.`age` = 0
          ) OR (
            `t26`.`n` >= 1
          )
      ) AS `t27`
      GROUP BY
        1,
        2,
        3
    ) AS `t29`
      ON `t16`.`segment` = `t29`.`segment`
      AND `t25`.`cohort` = `t29`.`cohort`
      AND `t25`.`age` = `t29`.`age`
  ) AS `t30`
) AS `t31`
ORDER BY
  `t31`.`cohort` ASC NULLS LAST,
  `t31`.`age` ASC NULLS LAST
