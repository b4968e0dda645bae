import asyncio

from collectors.sources.seats import Seat, Seats


async def seated(seats: Seats, peer: str, ends_in: float | None) -> tuple[Seat, "asyncio.Task[None]"]:
    """Return a seat whose connection waits, ended in *ends_in* seconds, with its task."""
    seat = seats.take(peer)
    assert seat is not None
    entered = asyncio.Event()

    async def wait() -> None:
        async with asyncio.timeout(None) as seat.patience:
            seat.wait(ends_in)
            entered.set()
            await asyncio.Event().wait()

    task = asyncio.get_running_loop().create_task(wait())
    await entered.wait()
    return seat, task


async def ended(task: "asyncio.Task[None]") -> bool:
    await asyncio.wait([task], timeout=0.2)
    return task.done() and isinstance(task.exception(), TimeoutError)


async def stop(*tasks: "asyncio.Task[None]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


async def test_the_one_nearest_its_end_makes_room_when_all_seats_are_taken() -> None:
    seats = Seats(total=2, of_one=2)
    _, first = await seated(seats, "10.0.0.1", 60)
    _, second = await seated(seats, "10.0.0.2", 3600)
    assert seats.take("10.0.0.3") is not None
    assert await ended(first)
    assert not second.done()
    await stop(second)


async def test_a_device_beyond_its_share_takes_a_seat_of_its_own() -> None:
    seats = Seats(total=8, of_one=2)
    _, other = await seated(seats, "10.0.0.9", 1)
    _, first = await seated(seats, "10.0.0.1", 3600)
    _, second = await seated(seats, "10.0.0.1", 3000)
    assert seats.take("10.0.0.1") is not None
    assert await ended(second)
    assert not first.done()
    assert not other.done()
    await stop(first, other)


async def test_connections_that_we_let_wait_are_never_ended_for_others() -> None:
    seats = Seats(total=1, of_one=1)
    seat, task = await seated(seats, "10.0.0.1", None)
    assert seats.take("10.0.0.2") is None
    seats.leave(seat)
    seats.leave(seat)
    assert seats.take("10.0.0.2") is not None
    await stop(task)
