"""Which partition a key belongs to: the rule of Kafka's own Java client."""

_MASK = 0xFFFFFFFF
_M = 0x5BD1E995
_SEED = 0x9747B28C


def murmur2(data: bytes) -> int:
    """Return the 32-bit MurmurHash2 of a key, as `org.apache.kafka.common.utils.Utils` does.

    >>> hex(murmur2(b"checkout"))
    '0xd58bae62'
    """
    h = (_SEED ^ len(data)) & _MASK
    whole = len(data) & ~3
    for i in range(0, whole, 4):
        k = int.from_bytes(data[i : i + 4], "little") * _M & _MASK
        k ^= k >> 24
        h = (h * _M & _MASK) ^ (k * _M & _MASK)
    rest = data[whole:]
    if rest:
        h ^= int.from_bytes(rest, "little")
        h = h * _M & _MASK
    h ^= h >> 13
    h = h * _M & _MASK
    return h ^ (h >> 15)


def partition_of(service: str, n_partitions: int) -> int:
    """Return the partition that owns a service."""
    return (murmur2(service.encode()) & 0x7FFFFFFF) % n_partitions
