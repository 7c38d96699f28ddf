package shop;

import java.math.BigDecimal;

/** One product, as users see it. */
public record Product(long id, String name, BigDecimal price) {}
