insert into product (id, name, price) values (1, 'Chef''s knife', 89.00), (2, 'Whetstone', 34.50), (3, 'Cutting board', 42.00);
