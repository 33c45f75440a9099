"""Cache-aside over users as FastAPI's and redis-py's own documents would write it: the peer (b) of bench/http.

One worker of uvicorn, with uvloop and httptools, as `fastapi[standard]` brings them along; redis-py with hiredis.
"""

import json
import os
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import redis.asyncio as redis
import uvicorn
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

PREFIX = "fastapi:"
TTL_S = 3600


class Body(BaseModel):
    value: Any


@asynccontextmanager
async def stores(app: FastAPI):
    app.state.redis = redis.from_url(os.environ["BENCH_REDIS_URL"])
    app.state.postgres = await asyncpg.create_pool(os.environ["BENCH_DATABASE_URL"], min_size=16, max_size=16)
    yield
    await app.state.postgres.close()
    await app.state.redis.aclose()


app = FastAPI(lifespan=stores)


@app.get("/users/{key}")
async def read(key: str):
    value = await app.state.redis.get(PREFIX + key)
    if value is None:
        value = await app.state.postgres.fetchval("SELECT value FROM bench_users WHERE key = $1", key)
        if value is None:
            raise HTTPException(404)
        await app.state.redis.set(PREFIX + key, value, ex=TTL_S)
    return {"key": key, "value": json.loads(value)}


@app.put("/users/{key}")
async def write(key: str, body: Body):
    await app.state.postgres.execute(
        "INSERT INTO bench_users (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        key,
        json.dumps(body.value),
    )
    await app.state.redis.delete(PREFIX + key)
    return {"key": key, "value": body.value}


if __name__ == "__main__":
    # Port 0 finds a free one; its log tells which.
    uvicorn.run(app, host="127.0.0.1", port=0, access_log=False)
