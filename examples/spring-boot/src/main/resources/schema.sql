create table product (id bigint primary key, name varchar(100) not null, price decimal(8, 2) not null);
