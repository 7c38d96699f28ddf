package shop;

import java.util.List;
import java.util.Optional;
import org.springframework.http.HttpStatus;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

/** The catalogue: all products, and each by its number. */
@RestController
@RequestMapping("/products")
public class Products {

    private final JdbcClient database;

    Products(JdbcClient database) {
        this.database = database;
    }

    @GetMapping
    List<Product> all() {
        return database.sql("select id, name, price from product order by id").query(Product.class).list();
    }

    @GetMapping("/{id}")
    Product one(@PathVariable long id) {
        Optional<Product> found = database.sql("select id, name, price from product where id = ?")
                .param(id)
                .query(Product.class)
                .optional();
        return found.orElseThrow(() -> new ResponseStatusException(HttpStatus.NOT_FOUND));
    }
}
