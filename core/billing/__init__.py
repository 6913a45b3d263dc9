"""What monthly customers owe and why: invoices, tax, credit, dunning. An issued document never changes."""
