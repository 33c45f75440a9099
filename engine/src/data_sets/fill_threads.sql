-- 2,000 discussions: 40 questions about 50 matters; the comments answer the thread or an earlier comment of it.
TRUNCATE shared_authors, shared_threads, shared_comments;

INSERT INTO shared_authors (id, name)
SELECT number, shared_name(number * 7) FROM generate_series(1, 500) AS number;

INSERT INTO shared_threads (id, title, author, started)
SELECT number, upper(left(title, 1)) || substr(title, 2), 1 + (number * 43) % 500, date '2024-03-01' + (number * 11) % 800
FROM (
    SELECT number, replace(
           ('{How do you explain % to a newcomer?,What did you learn about % the hard way?,Would you choose % again?,
              What do you wish you had known about %?,% in production: what surprised you?,A year with %,
              Who else gave up on %?,How do you test %?,What is a good first step with %?,% without tears,
              The best text on % that you know?,When would you not use %?,Too much of %,Moving away from %,
              What do you measure about %?,% on one page,How do you keep % simple?,What breaks first with %?,
              Our third try with %,% for people in a hurry,Do you still believe in %?,What do you pay for %?,
              How do you convince others of %?,A mistake with % that I made twice,What comes after %?,% on a Friday evening,
              How did % save your week?,Teaching %,What is missing in talks about %?,% and how a team changes,
              Two opinions about %,Which part of % do you automate?,How do you document %?,Show your setup for %,
              What annoys you about %?,% at a company of ten,% at a company of ten thousand,How do you debug %?,
              Does anybody understand %?,Notes on %}'::text[])[1 + place / 50],
           '%',
           ('{cache invalidation,feature flags,code review,database migrations,index design,time zones,on-call rotas,
              load testing,log levels,rate limiting,retries with backoff,connection pools,message queues,event sourcing,
              blue-green deploys,canary releases,schema design,pagination,full-text search,session handling,
              password resets,single sign-on,audit logs,data retention,backups,restore drills,chaos testing,
              property-based tests,flaky tests,type systems,monorepos,semantic versions,changelogs,error budgets,
              latency targets,tail latency,tracing,dashboards,alert fatigue,incident reviews,technical debt,rewrites,
              estimates,pair programming,remote work,interviews,onboarding,documentation,API design,
              serverless functions}'::text[])[1 + place % 50]) AS title
    FROM (SELECT number, (number * 739) % 2000 AS place FROM generate_series(1, 2000) AS number) AS numbered
    OFFSET 0
) AS titled;

-- Four to fifteen each; the parent is one of the four comments before, or none.
INSERT INTO shared_comments (id, thread, parent, author, points, words)
SELECT thread * 100 + number,
       thread,
       CASE WHEN back < number THEN thread * 100 + number - back END,
       1 + (thread * 29 + number * 131) % 500,
       (thread * 17 + number * 41) % 97 - 4,
       ('{We had the same last year.,I would begin with the numbers.,It depends on who has to live with it.,
          That is how we did it at first.,I disagree a little.,Thank you for writing this up.,There is an older way.,
          My experience is the opposite.,This is the part that nobody tells you.,A small remark.,It worked for us.,
          Ask me again in a year.,We are just now in the middle of it.}'::text[])[1 + (thread * 5 + number * 7) % 13]
       || ' ' ||
       ('{Measuring before changing anything saved us a week.,What helped was to write down what we expect to see.,
          The tool did not matter and the habit did.,Half of it went away when we deleted what nobody used.,
          Start with the smallest thing that can fail.,Nobody noticed until the first busy Monday.,
          It got better once one person felt responsible for it.,The second version was the simple one.,
          We keep a page with everything that went wrong.,Read what the defaults are before you trust them.,
          A dull solution has served us for four years.,The hard part is to stop doing the old thing.,
          Try it on one service for a month.,Your users will tell you which half matters.,
          Most of the cost came from running both at once.,I keep the old script around just in case.,
          It is fine as long as somebody looks at the graphs.}'::text[])[1 + (thread * 3 + number * 11) % 17]
FROM generate_series(1, 2000) AS thread,
     generate_series(1, 4 + (thread * 7) % 12) AS number,
     LATERAL (SELECT CASE (thread * 13 + number * 5) % 11 WHEN 0 THEN 99 WHEN 1 THEN 4 WHEN 2 THEN 3 WHEN 3 THEN 3
                     WHEN 4 THEN 2 WHEN 5 THEN 2 WHEN 6 THEN 99 ELSE 1 END AS back) AS answered;

ANALYZE shared_authors, shared_threads, shared_comments;
