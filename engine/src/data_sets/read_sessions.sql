SELECT json_build_object('id', login.id, 'user', json_build_object('id', login.person, 'name', login.name), 'device', login.device,
    'cart', login.cart, 'began', login.began, 'expires', login.expires)::text
FROM shared_sessions AS login
