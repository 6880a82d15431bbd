"""`cleanlife demo`: the whole booking flow, with both clients, over a real socket.

    asking ─ steps ─ run ─┬─ show       for people
      │                   └─ document   for machines
    spelling

`asking` holds the Python that is shown, and it is what runs. `steps` says what each line is expected to bring, and how
many calls it may cost. `run` takes the steps, once with each client.
"""
