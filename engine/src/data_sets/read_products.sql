SELECT json_build_object('id', product.id, 'name', product.name, 'price', product.price, 'description', product.description,
    'brand', json_build_object('name', brand.name, 'country', brand.country),
    'category', json_build_object('name', category.name, 'department', category.department),
    'stock', stock.pieces, 'rating', reviews.rating, 'reviews', reviews.latest)::text
FROM shared_products AS product
JOIN shared_brands AS brand ON brand.id = product.brand
JOIN shared_categories AS category ON category.id = product.category
JOIN LATERAL (SELECT json_object_agg(warehouse, pieces ORDER BY warehouse) AS pieces
    FROM shared_stock AS stock WHERE stock.product = product.id) AS stock ON true
JOIN LATERAL (SELECT round(avg(stars), 1) AS rating, coalesce(json_agg(json_build_object('author', author, 'stars', stars,
    'opinion', opinion, 'written', written) ORDER BY written DESC, number), '[]') AS latest
    FROM shared_reviews AS review WHERE review.product = product.id) AS reviews ON true
