SELECT json_build_object('id', person.id, 'name', person.name, 'city', person.city, 'email', person.email, 'joined', person.joined)::text
FROM shared_users AS person
