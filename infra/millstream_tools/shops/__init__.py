"""Example shops: an interface, a simulated shop, recorded shops. Independent of Millstream."""
