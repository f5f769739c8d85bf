WITH `t4` AS (
  SELECT
    `t2`.`customer_id`,
    `t2`.`period`,
    `t2`.`segment`,
    SUM(`t2`.`amount`) AS `amount`,
    SUM(CAST(IF(`t2`.`is_activity`, 1, 0) AS BIGINT)) AS `orders`,
    MIN(IF(`t2`.`is_activity`, `t2`.`ordered_at`, NULL)) AS `first_at`,
    MAX(IF(`t2`.`is_activity`, `t2`.`ordered_at`, NULL)) AS `last_at`
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
      (
        (
          CAST(EXTRACT(year FROM `t0`.`ordered_at`) AS BIGINT) * 12
        ) + EXTRACT(month FROM `t0`.`ordered_at`)
      ) - 1 AS `period`,
      'all' AS `segment`,
      `t0`.`amount`
    FROM `orders` AS `t0`
    WHERE
      `t0`.`customer_id` IS NOT NULL
      AND `t0`.`ordered_at` IS NOT NULL
      AND `t0`.`ordered_at` < CAST('2024-06-11T00:00:00' AS TIMESTAMP)
  ) AS `t2`
  GROUP BY
    1,
    2,
    3
), `t14` AS (
  SELECT
    `t9`.`customer_id`,
    MIN(`t9`.`first_at`) AS `first_at`,
    MIN(`t9`.`segment`) AS `segment`,
    MAX(`t9`.`segment`) AS `other`
  FROM (
    SELECT
      *
    FROM `t4` AS `t5`
    WHERE
      `t5`.`orders` > 0
  ) AS `t9`
  GROUP BY
    1
)
SELECT
  *
FROM (
  SELECT
    MAKE_DATE(
      CAST(CAST(FLOOR(CAST(`t20`.`period` * 1 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
      CAST((
        (
          `t20`.`period` * 1
        ) - (
          CAST(CAST(FLOOR(CAST(`t20`.`period` * 1 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
        )
      ) + 1 AS INT),
      1
    ) AS `period`,
    COALESCE(`t33`.`opening`, 0) AS `opening`,
    COALESCE(`t33`.`acquired`, 0) AS `acquired`,
    COALESCE(`t33`.`returned`, 0) AS `returned`,
    COALESCE(`t33`.`lost`, 0) AS `lost`,
    COALESCE(`t33`.`frequency`, 0) AS `frequency`,
    COALESCE(`t33`.`order_value`, 0) AS `order_value`,
    COALESCE(`t33`.`refunds_only`, 0) AS `refunds_only`,
    COALESCE(`t33`.`closing`, 0) AS `closing`,
    COALESCE(`t33`.`n`, 0) AS `n`,
    COALESCE(`t33`.`n_opening`, 0) AS `n_opening`,
    COALESCE(`t33`.`n_acquired`, 0) AS `n_acquired`,
    COALESCE(`t33`.`n_returned`, 0) AS `n_returned`,
    COALESCE(`t33`.`n_lost`, 0) AS `n_lost`,
    COALESCE(`t33`.`n_kept`, 0) AS `n_kept`,
    COALESCE(`t33`.`n_refunds_only`, 0) AS `n_refunds_only`,
    COALESCE(`t33`.`n_closing`, 0) AS `n_closing`,
    IF(
      DATEDIFF(
        DAY,
        MAKE_DATE(1970, 1, 1),
        MAKE_DATE(
          CAST(CAST(FLOOR(CAST((
            `t20`.`period` + 1
          ) * 1 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT),
          CAST((
            (
              (
                `t20`.`period` + 1
              ) * 1
            ) - (
              CAST(CAST(FLOOR(CAST((
                `t20`.`period` + 1
              ) * 1 AS DOUBLE) / NULLIF(12.0, 0)) AS BIGINT) AS INT) * 12
            )
          ) + 1 AS INT),
          1
        )
      ) > `t20`.`end`,
      'partial',
      'complete'
    ) AS `status`
  FROM (
    SELECT
      `t11`.`end`,
      `t11`.`first`,
      `t11`.`last`,
      EXPLODE(
        IF(
          (
            1 <> 0
          )
          AND (
            SIGN(1) = SIGN((
              `t11`.`last` + 1
            ) - (
              `t11`.`first` + 1
            ))
          ),
          IF(
            ELEMENT_AT(
              SEQUENCE(`t11`.`first` + 1, `t11`.`last` + 1, 1),
              SIZE(SEQUENCE(`t11`.`first` + 1, `t11`.`last` + 1, 1))
            ) = (
              `t11`.`last` + 1
            ),
            SLICE(
              SEQUENCE(`t11`.`first` + 1, `t11`.`last` + 1, 1),
              1,
              SIZE(SEQUENCE(`t11`.`first` + 1, `t11`.`last` + 1, 1)) - 1
            ),
            SEQUENCE(`t11`.`first` + 1, `t11`.`last` + 1, 1)
          ),
          ARRAY()
        )
      ) AS `period`
    FROM (
      SELECT
        DATEDIFF(DAY, MAKE_DATE(1970, 1, 1), MAKE_DATE(2024, 6, 11)) AS `end`,
        (
          (
            CAST(EXTRACT(year FROM `t3`.`oldest`) AS BIGINT) * 12
          ) + EXTRACT(month FROM `t3`.`oldest`)
        ) - 1 AS `first`,
        (
          (
            CAST(EXTRACT(year FROM MAKE_DATE(2024, 6, 11) - INTERVAL '1' DAY) AS BIGINT) * 12
          ) + EXTRACT(month FROM MAKE_DATE(2024, 6, 11) - INTERVAL '1' DAY)
        ) - 1 AS `last`
      FROM (
        SELECT
          MIN(`t1`.`ordered_at`) AS `oldest`
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
      ) AS `t3`
    ) AS `t11`
  ) AS `t20`
  LEFT OUTER JOIN (
    SELECT
      `t31`.`period`,
      `t31`.`opening`,
      `t31`.`closing`,
      `t31`.`acquired`,
      `t31`.`returned`,
      `t31`.`lost`,
      `t31`.`r1`,
      `t31`.`r0`,
      `t31`.`o1`,
      `t31`.`o0`,
      `t31`.`refunds_now`,
      `t31`.`refunds_then`,
      `t31`.`n`,
      `t31`.`n_opening`,
      `t31`.`n_acquired`,
      `t31`.`n_returned`,
      `t31`.`n_lost`,
      `t31`.`n_kept`,
      `t31`.`n_refunds_only`,
      `t31`.`n_closing`,
      COALESCE(
        (
          (
            `t31`.`o1` - `t31`.`o0`
          ) * (
            (
              `t31`.`r0` / NULLIF(CAST(`t31`.`o0` AS DOUBLE), 0)
            ) + (
              `t31`.`r1` / NULLIF(CAST(`t31`.`o1` AS DOUBLE), 0)
            )
          )
        ) / 2,
        0
      ) AS `frequency`,
      COALESCE(
        (
          (
            (
              `t31`.`r1` / NULLIF(CAST(`t31`.`o1` AS DOUBLE), 0)
            ) - (
              `t31`.`r0` / NULLIF(CAST(`t31`.`o0` AS DOUBLE), 0)
            )
          ) * (
            `t31`.`o0` + `t31`.`o1`
          )
        ) / 2,
        0
      ) AS `order_value`,
      `t31`.`refunds_now` - `t31`.`refunds_then` AS `refunds_only`
    FROM (
      SELECT
        `t30`.`period`,
        SUM(`t30`.`then`) AS `opening`,
        SUM(`t30`.`now`) AS `closing`,
        COALESCE(
          SUM(
            IF(
              (
                `t30`.`orders_now` > 0
              ) AND (
                `t30`.`first_period` = `t30`.`period`
              ),
              `t30`.`now`,
              NULL
            )
          ),
          0
        ) AS `acquired`,
        COALESCE(
          SUM(
            IF(
              (
                `t30`.`orders_now` > 0
              )
              AND NOT (
                `t30`.`orders_then` > 0
              )
              AND NOT (
                (
                  `t30`.`orders_now` > 0
                ) AND (
                  `t30`.`first_period` = `t30`.`period`
                )
              ),
              `t30`.`now`,
              NULL
            )
          ),
          0
        ) AS `returned`,
        -(
          COALESCE(
            SUM(
              IF(
                (
                  `t30`.`orders_then` > 0
                ) AND NOT (
                  `t30`.`orders_now` > 0
                ),
                `t30`.`then`,
                NULL
              )
            ),
            0
          )
        ) AS `lost`,
        COALESCE(
          SUM(
            IF((
              `t30`.`orders_now` > 0
            ) AND (
              `t30`.`orders_then` > 0
            ), `t30`.`now`, NULL)
          ),
          0
        ) AS `r1`,
        COALESCE(
          SUM(
            IF((
              `t30`.`orders_now` > 0
            ) AND (
              `t30`.`orders_then` > 0
            ), `t30`.`then`, NULL)
          ),
          0
        ) AS `r0`,
        COALESCE(
          SUM(
            IF(
              (
                `t30`.`orders_now` > 0
              ) AND (
                `t30`.`orders_then` > 0
              ),
              `t30`.`orders_now`,
              NULL
            )
          ),
          0
        ) AS `o1`,
        COALESCE(
          SUM(
            IF(
              (
                `t30`.`orders_now` > 0
              ) AND (
                `t30`.`orders_then` > 0
              ),
              `t30`.`orders_then`,
              NULL
            )
          ),
          0
        ) AS `o0`,
        COALESCE(SUM(IF(NOT (
          `t30`.`orders_now` > 0
        ), `t30`.`now`, NULL)), 0) AS `refunds_now`,
        COALESCE(SUM(IF(NOT (
          `t30`.`orders_then` > 0
        ), `t30`.`then`, NULL)), 0) AS `refunds_then`,
        COUNT(*) AS `n`,
        SUM(
          CAST(IF((
            `t30`.`orders_then` > 0
          ) OR (
            `t30`.`then` <> 0
          ), 1, 0) AS BIGINT)
        ) AS `n_opening`,
        SUM(
          CAST(IF((
            `t30`.`orders_now` > 0
          ) AND (
            `t30`.`first_period` = `t30`.`period`
          ), 1, 0) AS BIGINT)
        ) AS `n_acquired`,
        SUM(
          CAST(IF(
            (
              `t30`.`orders_now` > 0
            )
            AND NOT (
              `t30`.`orders_then` > 0
            )
            AND NOT (
              (
                `t30`.`orders_now` > 0
              ) AND (
                `t30`.`first_period` = `t30`.`period`
              )
            ),
            1,
            0
          ) AS BIGINT)
        ) AS `n_returned`,
        SUM(
          CAST(IF((
            `t30`.`orders_then` > 0
          ) AND NOT (
            `t30`.`orders_now` > 0
          ), 1, 0) AS BIGINT)
        ) AS `n_lost`,
        SUM(
          CAST(IF((
            `t30`.`orders_now` > 0
          ) AND (
            `t30`.`orders_then` > 0
          ), 1, 0) AS BIGINT)
        ) AS `n_kept`,
        SUM(
          CAST(IF(
            (
              NOT (
                `t30`.`orders_now` > 0
              ) AND (
                `t30`.`now` <> 0
              )
            )
            OR (
              NOT (
                `t30`.`orders_then` > 0
              ) AND (
                `t30`.`then` <> 0
              )
            ),
            1,
            0
          ) AS BIGINT)
        ) AS `n_refunds_only`,
        SUM(CAST(IF((
          `t30`.`orders_now` > 0
        ) OR (
          `t30`.`now` <> 0
        ), 1, 0) AS BIGINT)) AS `n_closing`
      FROM (
        SELECT
          `t21`.`customer_id`,
          `t21`.`period`,
          `t21`.`now`,
          `t21`.`then`,
          `t21`.`orders_now`,
          `t21`.`orders_then`,
          `t29`.`customer_id` AS `customer_id_right`,
          `t29`.`first_period`
        FROM (
          SELECT
            COALESCE(`t8`.`customer_id`, `t12`.`customer_id`) AS `customer_id`,
            COALESCE(`t8`.`period`, `t12`.`period`) AS `period`,
            COALESCE(`t8`.`amount`, 0) AS `now`,
            COALESCE(`t12`.`amount`, 0) AS `then`,
            COALESCE(`t8`.`orders`, 0) AS `orders_now`,
            COALESCE(`t12`.`orders`, 0) AS `orders_then`
          FROM (
            SELECT
              `t5`.`customer_id`,
              `t5`.`period`,
              `t5`.`amount`,
              `t5`.`orders`
            FROM `t4` AS `t5`
          ) AS `t8`
          FULL OUTER JOIN (
            SELECT
              `t5`.`customer_id`,
              `t5`.`period` + 1 AS `period`,
              `t5`.`amount`,
              `t5`.`orders`
            FROM `t4` AS `t5`
          ) AS `t12`
            ON `t8`.`customer_id` = `t12`.`customer_id` AND `t8`.`period` = `t12`.`period`
        ) AS `t21`
        LEFT OUTER JOIN (
          SELECT
            `t27`.`customer_id`,
            (
              (
                CAST(EXTRACT(year FROM `t27`.`first_at`) AS BIGINT) * 12
              ) + EXTRACT(month FROM `t27`.`first_at`)
            ) - 1 AS `first_period`
          FROM (
            SELECT
              `t17`.`customer_id`,
              COALESCE(`t26`.`began_in`, `t17`.`segment`) AS `segment`,
              `t17`.`first_at`
            FROM `t14` AS `t17`
            LEFT OUTER JOIN (
              SELECT
                `t24`.`customer_id`,
                MIN(`t24`.`began_in`) AS `began_in`
              FROM (
                SELECT
                  `t23`.`customer_id`,
                  `t23`.`first_at`,
                  `t13`.`began_in`
                FROM (
                  SELECT
                    `t15`.`customer_id`,
                    `t15`.`first_at`
                  FROM `t14` AS `t15`
                  WHERE
                    `t15`.`segment` <> `t15`.`other`
                ) AS `t23`
                INNER JOIN (
                  SELECT
                    `t5`.`customer_id`,
                    `t5`.`first_at`,
                    `t5`.`segment` AS `began_in`
                  FROM `t4` AS `t5`
                  WHERE
                    `t5`.`orders` > 0
                ) AS `t13`
                  ON `t23`.`customer_id` = `t13`.`customer_id` AND `t23`.`first_at` = `t13`.`first_at`
              ) AS `t24`
              GROUP BY
                1
            ) AS `t26`
              ON `t17`.`customer_id` = `t26`.`customer_id`
          ) AS `t27`
        ) AS `t29`
          ON `t21`.`customer_id` = `t29`.`customer_id`
      ) AS `t30`
      GROUP BY
        1
    ) AS `t31`
  ) AS `t33`
    ON `t20`.`period` = `t33`.`period`
) AS `t34`
ORDER BY
  `t34`.`period` ASC NULLS LAST
