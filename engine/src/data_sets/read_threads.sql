SELECT json_build_object('id', thread.id, 'title', thread.title, 'author', author.name, 'started', thread.started, 'comments', (
    WITH RECURSIVE tree AS (
        SELECT first.id, first.author, first.points, first.words, 0 AS depth, ARRAY[first.id] AS path
        FROM shared_comments AS first WHERE first.thread = thread.id AND first.parent IS NULL
        UNION ALL
        SELECT answer.id, answer.author, answer.points, answer.words, depth + 1, path || answer.id
        FROM tree JOIN shared_comments AS answer ON answer.parent = tree.id
    )
    SELECT json_agg(json_build_object('depth', depth, 'author', (SELECT name FROM shared_authors WHERE id = tree.author),
        'points', points, 'words', words) ORDER BY path) FROM tree))::text
FROM shared_threads AS thread
JOIN shared_authors AS author ON author.id = thread.author
